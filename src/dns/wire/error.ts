/** Bytes that are no DNS message. The only error that decoding throws. */
export class DnsFormatError extends Error {
  override readonly name = "DnsFormatError";
}
