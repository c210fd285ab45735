import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { performance } from "node:perf_hooks";
import { checkServerIdentity } from "node:tls";
import { type ChannelCredentials, type ChannelOptions, Client, connectivityState, credentials } from "@grpc/grpc-js";
import { invalid } from "../../base/errors.ts";
import type { StoreAddress } from "../../contracts/cluster-store.ts";
import { EtcdFailure } from "./failure.ts";

/**
 * gRPC's pings find a link that went silent in 7.5 s. etcd ends connections that ping more often than every 5 s
 * (--grpc-keepalive-min-time), by its own clock: half a second more leaves room for delays on the way.
 */
const keepalive = {
  "grpc.keepalive_time_ms": 5_500,
  "grpc.keepalive_timeout_ms": 2_000,
  "grpc.keepalive_permit_without_calls": 1,
} as const;

const options: ChannelOptions = {
  ...keepalive,
  "grpc.use_local_subchannel_pool": 1, // a TCP connection of its own: leases do not queue behind bulk
  "grpc.max_receive_message_length": -1, // pages and watches are bounded by us, not by gRPC's 4 MiB
  "grpc.max_send_message_length": -1,
  "grpc-node.flow_control_window": 1024 * 1024, // a page of a list without waiting for acknowledgements on the way
  "grpc.enable_http_proxy": 0, // http_proxy in the environment is for the web
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  "grpc.enable_retries": 0, // who may try again is decided by the caller, who knows what it would do twice
};

/** One connection to one endpoint. Retired, it ends with the last stream on it. */
export class Connection {
  readonly endpoint: string;
  readonly client: Client;
  #streams = 0;
  #retired = false;
  #closed = false;

  constructor(endpoint: string, secrets: ChannelCredentials, host: ChannelOptions) {
    this.endpoint = endpoint;
    this.client = new Client(targetOf(endpoint), secrets, { ...options, ...host });
  }

  /** Waits until it is connected, or the attempt failed: the next call then says why. False: neither in time. */
  async settled(timeoutMs: number): Promise<boolean> {
    const channel = this.client.getChannel();
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY || state === connectivityState.TRANSIENT_FAILURE) return true;
      const leftMs = deadline - performance.now();
      if (state === connectivityState.SHUTDOWN || leftMs <= 0) return false;
      // gRPC takes a time of the wall clock, rounds it down, and makes a timer of it at once.
      const wallDeadline = Date.now() + Math.ceil(leftMs) + 1;
      await new Promise((resolve) => channel.watchConnectivityState(state, wallDeadline, resolve));
    }
  }

  /** Throws EtcdFailure when it was given up meanwhile: another call found that it is of no use. */
  checkOpen(): void {
    if (!this.#closed) return;
    throw new EtcdFailure("away", `the connection to ${this.endpoint} was given up`, { reached: false });
  }

  /** Counts a stream; the result takes note of its end. */
  addStream(): () => void {
    this.#streams += 1;
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      this.#streams -= 1;
      if (this.#retired && this.#streams === 0) this.close();
    };
  }

  retire(): void {
    this.#retired = true;
    if (this.#streams === 0) this.close();
  }

  close(): void {
    this.#closed = true;
    this.client.close();
  }
}

/** Makes connections; the TLS files are read anew each time, so that renewed certificates are taken up. */
export class Connector {
  readonly #address: StoreAddress;

  /** Throws INVALID for TLS files that cannot be read or used. */
  constructor(address: StoreAddress) {
    this.#address = address;
    credentialsOf(address.tls, "127.0.0.1");
  }

  /** Throws EtcdFailure. */
  connect(endpoint: string): Connection {
    const host = hostOf(endpoint);
    const { tls } = this.#address;
    // An IP address cannot be a TLS server name (RFC 6066, 3): a made-up name is sent, the certificate checked for the address.
    const name: ChannelOptions = tls && isIP(host) ? { "grpc.ssl_target_name_override": "etcd" } : {};
    try {
      return new Connection(endpoint, credentialsOf(tls, host), name);
    } catch (cause) {
      throw new EtcdFailure("refused", (cause as Error).message, { reached: false, cause });
    }
  }
}

function credentialsOf(tls: StoreAddress["tls"], host: string): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const [ca, key, certificate] = [read("CA", tls.ca), read("key", tls.key), read("certificate", tls.certificate)];
  const verify = isIP(host)
    ? {
        checkServerIdentity: (_name: string, peer: Parameters<typeof checkServerIdentity>[1]) =>
          checkServerIdentity(host, peer),
      }
    : {};
  try {
    return credentials.createSsl(ca, key, certificate, verify);
  } catch (error) {
    throw invalid("TLS files of the cluster's store", (error as Error).message);
  }
}

function read(what: string, path: string | undefined): Buffer | null {
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalid(`${what} file of the cluster's store`, (error as Error).message);
  }
}

/** Names are looked up, addresses taken as they are. */
const targetOf = (endpoint: string): string => `dns:${endpoint}`;

/** The host of "host:port" and "[::1]:port". */
const hostOf = (endpoint: string): string => endpoint.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
