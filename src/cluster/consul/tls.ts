import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { invalid } from "../../base/errors.ts";
import type { StoreAddress } from "../../contracts/cluster-store.ts";

/** Reads the files of certificates, and makes sure that they belong together. Throws INVALID naming the file. */
export function readCertificates({ ca, certificate, key }: NonNullable<StoreAddress["tls"]>): SecureContextOptions {
  if ((certificate === undefined) !== (key === undefined)) {
    throw invalid("TLS files of the cluster's store", "a client certificate needs its key, and a key its certificate");
  }
  const options = {
    ...(ca !== undefined && { ca: read(ca) }),
    ...(certificate !== undefined && { cert: read(certificate) }),
    ...(key !== undefined && { key: read(key) }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    const files = [ca, certificate, key].filter((file) => file !== undefined).join(", ");
    throw invalid(`TLS files of the cluster's store (${files})`, (error as Error).message);
  }
  return options;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalid(`TLS file ${path} of the cluster's store`, (error as Error).message);
  }
}
