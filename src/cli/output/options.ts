import { filters, flag, text } from "../command/options.ts";

/** --format, -q, --no-trunc and -f of every list. */
export const listOptions = {
  filter: filters(),
  format: text({ about: "table, json, 'table TEMPLATE' or a Go template such as '{{.Name}}'" }),
  noTrunc: flag({ about: "show all of every value" }),
  quiet: flag({ short: "q", about: "only ids" }),
} as const;

export const formatOption = text({ short: "f", about: "json, or a Go template such as '{{.Id}}'" });
