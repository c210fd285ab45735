/** What resolv.conf(5) says. */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Reads a resolv.conf(5): of `search` and `domain` the last one counts, options add up. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  const options: string[] = [];
  let search: string[] = [];
  for (const line of text.split("\n")) {
    if (/^\s*[#;]/.test(line)) continue;
    const [keyword, ...words] = line.trim().split(/\s+/);
    if (keyword === "nameserver" && words[0]) nameservers.push(words[0]);
    else if (keyword === "search" || keyword === "domain") search = words;
    else if (keyword === "options") options.push(...words);
  }
  return { nameservers, search, options };
}

/** Writes one, under a comment that says where each line comes from. */
export function formatResolvConf(conf: ResolvConf, comments: readonly string[]): string {
  const lines = [
    ...comments.map((comment) => `# ${comment}`),
    ...conf.nameservers.map((server) => `nameserver ${server}`),
    ...(conf.search.length > 0 ? [`search ${conf.search.join(" ")}`] : []),
    ...(conf.options.length > 0 ? [`options ${conf.options.join(" ")}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}
