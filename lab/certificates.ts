import { writeFileSync } from "node:fs";
import { run } from "./process.ts";

/** Paths of PEM files. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority in a folder, by openssl(1). */
export class Authority {
  readonly certificate: string;
  readonly #folder: string;
  readonly #name: string;

  private constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.certificate = `${folder}/${name}.pem`;
  }

  static async create(folder: string, name: string): Promise<Authority> {
    const authority = new Authority(folder, name);
    const files = ["-keyout", `${folder}/${name}.key`, "-out", authority.certificate];
    await run(["openssl", "req", "-x509", ...newKey, ...files, "-subj", `/CN=${name}`, "-days", "2"]);
    return authority;
  }

  /** `names`: as in subjectAltName of x509v3_config(5): "IP:127.0.0.1". */
  async issue(name: string, names: string): Promise<Certified> {
    const at = `${this.#folder}/${name}`;
    await run(["openssl", "req", ...newKey, "-keyout", `${at}.key`, "-out", `${at}.csr`, "-subj", `/CN=${name}`]);
    writeFileSync(`${at}.ext`, `subjectAltName=${names}\n`);
    const signer = ["-CA", this.certificate, "-CAkey", `${this.#folder}/${this.#name}.key`, "-CAcreateserial"];
    const files = ["-in", `${at}.csr`, "-out", `${at}.pem`, "-extfile", `${at}.ext`];
    await run(["openssl", "x509", "-req", ...files, ...signer, "-days", "2"]);
    return { certificate: `${at}.pem`, key: `${at}.key` };
  }
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
