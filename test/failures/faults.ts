import type { Rollback } from "../../src/base/rollback.ts";
import type { KernelObject } from "../../src/contracts/kernel.ts";
import type { Parts } from "../../src/engine/parts.ts";

/** What a step of an operation is called in the report of a failed comparison. */
export type Step = string;

export class InjectedFailure extends Error {
  override readonly name = "InjectedFailure";
}

/** Calls that change something, by part. Before each of them, so after any other, an operation may be cut off. */
const mutators: Readonly<Record<string, readonly string[]>> = {
  firewall: ["change", "redirectDns"],
  names: ["open", "publish", "update"],
  ports: ["reserve"],
  ipam: ["addPool", "reserve"],
  cluster: ["createNetwork", "removeNetwork", "reserve", "use", "publish"],
};

/**
 * The same parts, but the `failAt`-th step fails instead of being done. Kernel objects count one by one, the commit is
 * a step too. `steps` lists what was tried.
 */
export function withFaults(
  parts: Parts,
  failAt: number,
  kind: "making" | "removing" = "making",
): { parts: Parts; steps: Step[] } {
  const steps: Step[] = [];
  const step = (name: Step) => {
    steps.push(name);
    if (steps.length === failAt) throw new InjectedFailure(`injected at step ${failAt}: ${name}`);
  };
  const faulty = { ...parts, kernel: faultyKernel(parts.kernel, step, kind), state: faultyState(parts.state, step) };
  for (const [part, methods] of Object.entries(mutators)) {
    const real = parts[part as "firewall"];
    Object.assign(faulty, { [part]: intercept(real, methods, (method) => step(`${part}.${method}`)) });
  }
  return { parts: faulty, steps };
}

function intercept<T extends object>(real: T, methods: readonly string[], before: (method: string) => void): T {
  return new Proxy(real, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== "function") return value;
      if (!methods.includes(String(key))) return value.bind(target);
      return (...args: unknown[]) => {
        before(String(key));
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

/** What removes fails only where that is asked for: elsewhere it belongs to an undo, or comes after the commit point. */
function faultyKernel(real: Parts["kernel"], step: (name: Step) => void, kind: "making" | "removing"): Parts["kernel"] {
  const removing = kind === "removing";
  const sandboxes = intercept(real.sandboxes, removing ? ["create", "remove"] : ["create"], (method) =>
    step(`${method} sandbox`),
  );
  return new Proxy(removing ? intercept(real, ["remove"], () => step("remove objects")) : real, {
    get(target, key) {
      if (key === "sandboxes") return sandboxes;
      if (key === "apply") {
        return (objects: readonly KernelObject[], rollback: Rollback) => {
          for (const object of objects) {
            step(`${object.kind} of ${object.owner.split("/")[0]}`);
            target.apply([object], rollback);
          }
        };
      }
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The store cannot be written: nothing is committed. */
function faultyState(real: Parts["state"], step: (name: Step) => void): Parts["state"] {
  return new Proxy(real, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== "function") return value;
      if (key !== "commit") return value.bind(target);
      return (changes: Parameters<typeof real.commit>[0]) => {
        step("commit");
        target.commit(changes);
      };
    },
  });
}
