import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An authority of its own for a test, made with openssl(1). Disposed, its files are gone. */
export class Authority implements Disposable {
  readonly ca: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "fairlead-ca-"));
  readonly #key: string;

  constructor() {
    this.ca = join(this.#folder, "ca.pem");
    this.#key = join(this.#folder, "ca.key");
    const request = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    openssl("req", ...request, "-subj", "/CN=test CA", "-keyout", this.#key, "-out", this.ca);
  }

  /** A certificate for `name`, valid for servers at `hosts` ("IP:127.0.0.1", "DNS:localhost") and for clients. */
  issue(name: string, hosts: readonly string[]): { readonly certificate: string; readonly key: string } {
    const [certificate, key, request, extensions] = ["pem", "key", "csr", "ext"].map((end) =>
      join(this.#folder, `${name}.${end}`),
    );
    if (!certificate || !key || !request || !extensions) throw new Error("unreachable");
    openssl(
      "req",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      key,
      "-out",
      request,
    );
    const names = hosts.length > 0 ? `subjectAltName=${hosts.join(",")}\n` : "";
    writeFileSync(extensions, `${names}extendedKeyUsage=serverAuth,clientAuth\n`);
    const signing = ["-CA", this.ca, "-CAkey", this.#key, "-CAcreateserial", "-days", "2", "-extfile", extensions];
    openssl("x509", "-req", "-in", request, ...signing, "-out", certificate);
    return { certificate, key };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

const openssl = (...args: string[]): void => {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
};
