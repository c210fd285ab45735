import { randomInt } from "node:crypto";

const qualities =
  "able ahead astern aweigh becalmed beamy breezy briny buoyant coastal cresting deepwater drifting eastward fathomed fleet foaming gusty harboured homeward landward leeward moored northward offshore onshore outbound pelagic rolling salty seaworthy shipshape southward stalwart steady surging swift taut tidal trimmed unfurled upwind westward windward yare".split(
    " ",
  );

const things =
  "anchor ballast barge batten beacon binnacle bollard boom bosun bowline brig buoy capstan cleat clipper compass coxswain cutter davit dinghy dory fairlead fender ferry gaff galley gangway halyard harbour hawser helm hull jetty jib keel ketch lanyard lighthouse lugger mast mizzen mooring oar pilot pinnace porthole prow quay ratline reef rigging rudder schooner sextant sheave shoal shroud skiff sloop spar spinnaker stanchion tiller transom trawler tugboat winch windlass yawl".split(
    " ",
  );

/** A name for a container whose user gave none: "salty_windlass"; after some tries with a number, so that it ends. */
export function madeUpName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const words = `${qualities[randomInt(qualities.length)]}_${things[randomInt(things.length)]}`;
    const name = attempt < 6 ? words : `${words}${randomInt(10 ** Math.min(attempt - 5, 9))}`;
    if (!isTaken(name)) return name;
  }
}
