// Known headers and values against @icp-sdk/core: for each method of peer.did the library's bytes must be
// the JavaScript header that didc makes, followed by the values as our encoder writes them.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL("integration/clients/package.json"));
const { IDL } = await import(pathToFileURL(require.resolve("@icp-sdk/core/candid")));
const { Principal } = await import(pathToFileURL(require.resolve("@icp-sdk/core/principal")));
const DID = "sdk-c/candid/test/js/peer.did";
const principal = Principal.fromText("aaaaa-aa");
const A = 'principal "aaaaa-aa"';

// As the binding generator writes them: a definition that is met again while open is an IDL.Rec().
const List = IDL.Rec();
List.fill(IDL.Opt(IDL.Record({ head: IDL.Int, tail: List })));
const Tree = IDL.Rec();
Tree.fill(IDL.Variant({ leaf: IDL.Nat, node: IDL.Record({ left: Tree, right: Tree }) }));
const Callback = IDL.Func([IDL.Text, IDL.Opt(IDL.Nat)], [IDL.Bool], ["query"]);
const Token = IDL.Rec();
const Stream = IDL.Func([IDL.Nat],
  [IDL.Opt(IDL.Record({ data: IDL.Vec(IDL.Nat8), next: IDL.Opt(Token) }))], []);
Token.fill(IDL.Record({ key: IDL.Text, stream: Stream }));
const Peer = IDL.Rec();
Peer.fill(IDL.Service({
  next: IDL.Func([IDL.Nat], [IDL.Opt(Peer)], ["query"]),
  stop: IDL.Func([], [], ["oneway"]),
}));
const Even = IDL.Rec();
const Odd = IDL.Variant({ none: IDL.Null, some: Even });
Even.fill(IDL.Opt(IDL.Record({ odd: Odd })));
const Account = IDL.Record({ owner: IDL.Principal, subaccount: IDL.Opt(IDL.Vec(IDL.Nat8)) });
const Value = IDL.Rec();
Value.fill(IDL.Variant({
  Nat: IDL.Nat, Text: IDL.Text, Array: IDL.Vec(Value), Map: IDL.Vec(IDL.Tuple(IDL.Text, Value)),
}));
const twin = () => IDL.Record({ a: IDL.Opt(IDL.Nat), b: IDL.Opt(IDL.Nat) });

const methods = {
  a_plain: [[Account, IDL.Nat, IDL.Opt(IDL.Text)],
    [{ owner: principal, subaccount: [[1, 2]] }, 300n, ["x"]],
    `(record { owner = ${A}; subaccount = opt blob "\\01\\02" }, 300, opt "x")`],
  b_list: [[List], [[{ head: -5n, tail: [{ head: 7n, tail: [] }] }]],
    "(opt record { head = -5; tail = opt record { head = 7; tail = null } })"],
  c_tree: [[Tree, Tree],
    [{ leaf: 1n }, { node: { left: { leaf: 2n }, right: { leaf: 3n } } }],
    "(variant { leaf = 1 }, variant { node = record { left = variant { leaf = 2 }; right = variant { leaf = 3 } } })"],
  d_callback: [[Callback, IDL.Opt(Callback)], [[principal, "f"], []],
    '(func "aaaaa-aa".f, null)'],
  e_stream: [[Token], [{ key: "k", stream: [principal, "s"] }],
    '(record { key = "k"; stream = func "aaaaa-aa".s })'],
  f_peer: [[Peer, IDL.Vec(Peer)], [principal, [principal]],
    '(service "aaaaa-aa", vec { service "aaaaa-aa" })'],
  g_even: [[Even, Odd], [[{ odd: { none: null } }], { some: [] }],
    "(opt record { odd = variant { none } }, variant { some = null })"],
  h_value: [[Value, List, IDL.Opt(Value)],
    [{ Map: [["k", { Array: [{ Nat: 1n }, { Text: "t" }] }]] }, [], [{ Nat: 2n }]],
    '(variant { Map = vec { record { "k"; variant { Array = vec { variant { Nat = 1 }; variant { Text = "t" } } } } } }, null, opt variant { Nat = 2 })'],
  i_modes: [[IDL.Func([], [], []), IDL.Func([IDL.Nat8], [], ["oneway"]),
    IDL.Func([], [IDL.Text], ["composite_query"])],
    [[principal, "a"], [principal, "b"], [principal, "c"]],
    '(func "aaaaa-aa".a, func "aaaaa-aa".b, func "aaaaa-aa".c)'],
  j_twins: [[twin(), twin(), IDL.Opt(IDL.Nat)], [{ a: [1n], b: [] }, { a: [], b: [2n] }, [3n]],
    "(record { a = opt 1; b = null }, record { a = null; b = opt 2 }, opt 3)"],
  k_service: [[IDL.Service({ a: Callback, b: IDL.Func([], [Account], []) })], [principal],
    '(service "aaaaa-aa")'],
};

const headers = {};
for (const line of execFileSync("build/didc", ["headers", DID], { encoding: "utf8" }).split("\n")) {
  const [method, encoder, hex] = line.split(" ");
  headers[`${method} ${encoder}`] = hex;
}
const input = Object.entries(methods).map(([name, [, , text]]) => `${name} ${text}\n`).join("");
const ours = execFileSync("build/dev/candid_peer", [DID], { encoding: "utf8", input }).split("\n");

let passed = 0;
let failed = 0;
function check(what, got, want) {
  if (got === want) {
    passed++;
  } else {
    failed++;
    console.log(`FAILED ${what}\n  ${got}\n  ${want}`);
  }
}
Object.entries(methods).forEach(([name, [types, values]], i) => {
  const js = Buffer.from(IDL.encode(types, values)).toString("hex");
  const header = headers[`${name} javascript`];
  const rust = headers[`${name} rust`];
  check(`${name}: header`, js.slice(0, header?.length ?? 0), header);
  check(`${name}: values`, js.slice(header?.length ?? 0), ours[i]?.slice(rust.length));
  // And the library reads what our encoder wrote.
  let read = "";
  try {
    read = Buffer.from(IDL.encode(types, IDL.decode(types, new Uint8Array(Buffer.from(ours[i], "hex"))))).toString("hex");
  } catch (error) {
    read = String(error);
  }
  check(`${name}: read by JavaScript`, read, js);
});
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
