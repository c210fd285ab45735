/** The most bytes that fit into a link's name: IFNAMSIZ - 1, include/uapi/linux/if.h. */
export const longestInterfaceName = 15;

/**
 * Whether a link can have this name and everything that has to write it down can write it. The kernel refuses blanks,
 * "/", ":", "." and ".." (dev_valid_name(), net/core/dev.c), and "all" and "default", which are settings for every link;
 * it takes a "%" for a pattern and makes a link of another name. nft has no spelling for quotes and backslashes inside a
 * string, and takes a "*" at its end for a pattern.
 */
export const isInterfaceName = (text: string): boolean =>
  /^[^\s/:%"\\*\p{Cc}]+$/u.test(text) &&
  Buffer.byteLength(text) <= longestInterfaceName &&
  ![".", "..", "all", "default"].includes(text);

/** The rule, for errors. */
export const interfaceNameRule = `1 to ${longestInterfaceName} bytes without blanks and any of / : % " \\ *, and not "all" or "default"`;
