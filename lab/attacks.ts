/**
 * A shell script that makes a machine (or a container that may) send what is for 127.0.0.1 to `gateway` over the wire,
 * and take answers with that source. What arrives there as 127.0.0.1 is refused by any sensible host.
 */
export const sendLoopbackOverTheWire = (link: string, gateway: string): string => `
  set -e
  echo 1 >/proc/sys/net/ipv4/conf/${link}/route_localnet
  echo 0 >/proc/sys/net/ipv4/conf/${link}/rp_filter
  ip address del 127.0.0.1/8 dev lo
  ip route add 127.0.0.1 via ${gateway} dev ${link}`;
