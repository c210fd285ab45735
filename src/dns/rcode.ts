/** Response codes: RFC 1035 section 4.1.1; BADVERS: RFC 6891 section 9. */
export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;

const names = new Map<number, string>(Object.entries(rcodes).map(([name, code]) => [code, name]));

/** "NXDOMAIN" for 3; "RCODE7" for a code that has no part here. */
export const rcodeName = (code: number): string => names.get(code) ?? `RCODE${code}`;
