import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./template.ts";

const data = {
  Name: "web",
  Count: 3,
  Big: 1767323045678901234n,
  Empty: "",
  Nil: null,
  On: true,
  Off: false,
  List: ["a", "b", "c"],
  Map: { z: 1, a: { deep: "x" } },
  Label: (key: unknown) => `label ${String(key)}`,
};

const cases: readonly (readonly [template: string, text: string])[] = [
  ["plain", "plain"],
  ["{{.Name}}", "web"],
  ["<{{ .Name }}>", "<web>"],
  ["{{.Map.a.deep}}", "x"],
  ["{{.List}} {{.Map}}", "[a b c] map[a:map[deep:x] z:1]"],
  ["{{.Big}} {{.Nil}} {{.On}}", "1767323045678901234 <nil> true"],
  ["{{json .}}", JSON.stringify({ ...data, Big: "B", Label: undefined }).replace('"B"', "1767323045678901234")],
  ["{{json .List}}{{.Map | json}}", '["a","b","c"]{"z":1,"a":{"deep":"x"}}'],
  ['{{join .List ", "}}', "a, b, c"],
  ['{{index (split "a/b" "/") 1}}', "b"],
  ["{{upper .Name}}{{lower .Name}}{{title .Name}}", "WEBwebWeb"],
  ["{{truncate .Name 2}}|{{pad .Name 1 2}}|{{pad .Empty 1 2}}|", "we| web  ||"],
  ["{{len .List}} {{len .Name}} {{len .Map}}", "3 3 2"],
  ['{{index .List 1}} {{index .Map "a" "deep"}} {{index .Map "none"}}', "b x "],
  ["{{println .Name 1}}", "web 1\n"],
  ["{{if .On}}yes{{else}}no{{end}} {{if .Off}}yes{{else}}no{{end}}", "yes no"],
  ["{{if .Off}}a{{else if eq .Count 3}}b{{else}}c{{end}}", "b"],
  ["{{if and .On .Name}}a{{end}}{{if or .Off .Empty}}b{{end}}{{if not .Off}}c{{end}}", "ac"],
  ["{{and .Off .Missing.Thing}}", "false"],
  ['{{or .Empty "default"}}', "default"],
  [
    '{{eq .Name "web" }} {{eq .Count 1 2 3}} {{ne .Name "web"}} {{lt .Count 4}} {{ge .Count 4}}',
    "true true false true false",
  ],
  ["{{range .List}}[{{.}}]{{end}}", "[a][b][c]"],
  ["{{range $i, $x := .List}}{{$i}}={{$x}};{{end}}", "0=a;1=b;2=c;"],
  ["{{range $k, $v := .Map}}{{$k}} {{end}}", "a z "],
  ["{{range .Empty}}x{{else}}nothing{{end}}", "nothing"],
  ['{{range .List}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', "ac"],
  ['{{range .List}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', "a"],
  ["{{with .Map.a}}{{.deep}} {{$.Name}}{{end}}{{with .Empty}}x{{else}}y{{end}}", "x weby"],
  ["{{$n := .Name}}{{range .List}}{{$n}}{{end}}", "webwebweb"],
  ["{{$n := 0}}{{range .List}}{{$n = .}}{{end}}{{$n}}", "c"],
  ['{{$m := .Map}}{{$m.a.deep}} {{(index .Map "a").deep}}', "x x"],
  ['{{.Label "team"}} {{"x" | .Label}}', "label team label x"],
  ["a {{- .Name -}} b", "awebb"],
  ["a {{/* nothing */ -}} b", "a b"],
  ['{{"}}"}}{{`raw\\n`}}{{"\\t"}}', "}}raw\\n\t"],
];

for (const [template, text] of cases) {
  test(`compile() renders ${template}`, () => {
    assert.equal(compile(template)(data), text);
  });
}

test("compile() passes a piped value as the last argument", () => {
  assert.equal(compile('{{.Name | upper | printf "%5s|%-5s|%d%%" 1 2}}')(data), "    1|2    |WEB%");
});

const wrong: readonly (readonly [template: string, message: RegExp])[] = [
  ["{{.Missing}}", /no entry for key "Missing" in \{\{\.Missing\}\}/],
  ["{{.Nil.Field}}", /nil data; no entry for key "Field"/],
  ["{{.Name.Field}}", /can't evaluate field Field/],
  ["{{.Name", /"\}\}" is missing/],
  ["{{if .On}}", /\{\{end\}\} is missing/],
  ["{{end}}", /unexpected \{\{end\}\}/],
  ["{{}}", /missing value/],
  ["{{.Name | }}", /missing value/],
  ["{{nonsense .Name}}", /function "nonsense" not defined/],
  ["{{constructor .Name}}", /function "constructor" not defined/],
  ["{{.toString}}", /no entry for key "toString"/],
  ["{{$x}}", /undefined variable "\$x"/],
  ["{{(.Name}}", /unclosed \(/],
  ["{{.Name)}}", /unexpected \)/],
  ["{{.Name ? 1}}", /unexpected "\?"/],
  ["{{index .List 9}}", /index out of range: 9/],
  ["{{.Name 1}}", /only a function takes arguments/],
];

for (const [template, message] of wrong) {
  test(`compile() refuses ${template}`, () => {
    assert.throws(() => compile(template)(data), { name: "TemplateError", message });
  });
}

test("compile() asks `missing` what a missing field is", () => {
  assert.equal(compile("<{{.Nope}}>", { missing: (name) => `no ${name}` })({}), "<no Nope>");
});
