/** A named directory that outlives containers (Docker Engine API: Volume). Stored as JSON under its name. */
export interface Volume {
  readonly name: string;
  readonly driver: "local";
  /** RFC 3339. */
  readonly created: string;
  /** Absent: none were given, which Docker shows as null. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the driver: type, device, o. Absent or empty: a plain directory. */
  readonly options?: Readonly<Record<string, string>>;
}

/** How a mount of type "volume" wants its volume. */
export interface VolumeUse {
  /** Made for one container, without a name of the user's: `rm -v` and --rm remove it. */
  readonly anonymous?: boolean;
  /** An empty volume stays empty instead of getting what the image has there. */
  readonly noCopy?: boolean;
  /** Directory or file inside the volume that is mounted in its place. */
  readonly subpath?: string;
  /** For a volume that has to be made. */
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

/** The label by which Docker knows a volume that was made without a name; its value is empty. */
export const anonymousLabel = "com.docker.volume.anonymous";

export const isAnonymous = ({ labels }: Volume): boolean =>
  labels !== undefined && Object.hasOwn(labels, anonymousLabel);

/** True when a file system has to be mounted for it. */
export const needsMount = ({ options }: Pick<Volume, "options">): boolean => Object.keys(options ?? {}).length > 0;
