// Official wallet libraries, unpatched and with every verification on, against `axon start`.
// run.sh starts the network; URL and IDENTITIES come from the environment.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto; // Node 18 has it under another name

const { HttpAgent } = await import('@icp-sdk/core/agent');
const { DelegationChain, DelegationIdentity, ECDSAKeyIdentity, Ed25519KeyIdentity } = await import(
  '@icp-sdk/core/identity'
);
const { Secp256k1KeyIdentity } = await import('@icp-sdk/core/identity/secp256k1');
const { Principal } = await import('@icp-sdk/core/principal');
const {
  AccountIdentifier,
  BadFeeError,
  IcpLedgerCanister,
  InsufficientFundsError,
  TxDuplicateError,
} = await import('@icp-sdk/canisters/ledger/icp');
const { IcrcLedgerCanister } = await import('@icp-sdk/canisters/ledger/icrc');

const URL = process.env.URL;
const LEDGER = Principal.fromText('ryjl3-tyaaa-aaaaa-aaaba-cai');
const GOVERNANCE = Principal.fromText('rrkah-fqaaa-aaaaa-aaaaq-cai');
const FEE = 10_000n;
const ICP = 100_000_000n;

function identityFromPem(name) {
  const pem = readFileSync(`${process.env.IDENTITIES}/${name}.pem`, 'utf8');
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return Ed25519KeyIdentity.fromSecretKey(der.subarray(16, 48));
}

const dev1 = identityFromPem('dev1');
const dev2 = identityFromPem('dev2');

function agentFor(identity, options = {}) {
  return HttpAgent.create({ host: URL, identity, shouldFetchRootKey: true, retryTimes: 0, ...options });
}

async function ledgerFor(identity, options) {
  const agent = await agentFor(identity, options);
  return IcpLedgerCanister.create({ agent, canisterId: LEDGER });
}

const addressOf = (identity) => AccountIdentifier.fromPrincipal({ principal: identity.getPrincipal() });

async function balanceOf(identity, certified = false) {
  const ledger = await ledgerFor(undefined);
  return ledger.accountBalance({ accountIdentifier: addressOf(identity), certified });
}

let memo = 1_000n;
async function fund(identity, amount) {
  const ledger = await ledgerFor(dev1);
  return ledger.transfer({ to: addressOf(identity), amount, memo: memo++ });
}

async function delegatedIdentity(targets = [LEDGER]) {
  const root = Ed25519KeyIdentity.generate();
  const middle = await ECDSAKeyIdentity.generate();
  const session = Secp256k1KeyIdentity.generate();
  const soon = new Date(Date.now() + 10 * 60 * 1000);
  const first = await DelegationChain.create(root, middle.getPublicKey(), soon, { targets });
  const chain = await DelegationChain.create(middle, session.getPublicKey(), soon, {
    previous: first,
    targets,
  });
  return { identity: DelegationIdentity.fromDelegation(session, chain), session, chain };
}

const identities = {
  'Ed25519': async () => Ed25519KeyIdentity.generate(),
  'P-256': async () => ECDSAKeyIdentity.generate(),
  'secp256k1': async () => Secp256k1KeyIdentity.generate(),
  'two-step delegation with targets': async () => (await delegatedIdentity()).identity,
};

for (const [kind, make] of Object.entries(identities)) {
  test(`${kind}: balances, both transfer methods, the blocks`, async () => {
    const identity = await make();
    await fund(identity, 10n * ICP);
    assert.equal(await balanceOf(identity), 10n * ICP);
    assert.equal(await balanceOf(identity, true), 10n * ICP, 'certified: by update call');

    const ledger = await ledgerFor(identity);
    const dev2Before = await balanceOf(dev2);
    const legacy = await ledger.transfer({ to: addressOf(dev2), amount: ICP, memo: 7n });
    const icrc1 = await ledger.icrc1Transfer({
      to: { owner: dev2.getPrincipal(), subaccount: [] },
      amount: 2n * ICP,
      fee: FEE,
      icrc1Memo: Uint8Array.of(1, 2, 3),
      createdAt: BigInt(Date.now()) * 1_000_000n,
    });
    assert.equal(icrc1, legacy + 1n);
    assert.equal(await balanceOf(identity), 10n * ICP - 3n * ICP - 2n * FEE);
    assert.equal((await balanceOf(dev2)) - dev2Before, 3n * ICP);

    const { blocks, first_block_index, chain_length, certificate } = await ledger.service.query_blocks({
      start: legacy,
      length: 2n,
    });
    assert.equal(first_block_index, legacy);
    assert.ok(chain_length > icrc1);
    assert.equal(certificate.length, 1);
    assert.equal(blocks.length, 2);
    const [{ transaction: first }, { transaction: second }] = blocks;
    assert.equal(first.memo, 7n);
    assert.deepEqual(first.operation[0].Transfer.amount, { e8s: ICP });
    assert.deepEqual(first.operation[0].Transfer.fee, { e8s: FEE });
    assert.equal(Buffer.from(first.operation[0].Transfer.to).toString('hex'), addressOf(dev2).toHex());
    assert.deepEqual([...second.icrc1_memo[0]], [1, 2, 3]);
    assert.deepEqual(second.operation[0].Transfer.amount, { e8s: 2n * ICP });
    assert.equal(second.operation[0].Transfer.spender.length, 0);
  });
}

test('the ICRC ledger library reads metadata, fee, supply and balance', async () => {
  const agent = await agentFor(dev1);
  const ledger = IcrcLedgerCanister.create({ agent, canisterId: LEDGER });
  const metadata = Object.fromEntries(await ledger.metadata({}));
  assert.deepEqual(metadata['icrc1:symbol'], { Text: 'ICP' });
  assert.deepEqual(metadata['icrc1:name'], { Text: 'Internet Computer' });
  assert.deepEqual(metadata['icrc1:decimals'], { Nat: 8n });
  assert.equal(await ledger.transactionFee({}), FEE);
  const owner = dev1.getPrincipal();
  assert.equal(await ledger.balance({ owner }), await balanceOf(dev1));
  const supply = await ledger.totalTokensSupply({});
  assert.ok(supply <= 1_002_000_000n * ICP && supply > 1_001_999_000n * ICP);
  const block = await ledger.transfer({ to: { owner: dev2.getPrincipal(), subaccount: [] }, amount: 5n });
  assert.equal(typeof block, 'bigint');
});

test('the minting account: mint is governance, transfers to it are burns', async () => {
  const ledger = await ledgerFor(dev1);
  await assert.rejects(
    ledger.transfer({ to: AccountIdentifier.fromPrincipal({ principal: GOVERNANCE }), amount: 1n, fee: 0n }),
    /Burns lower than 0\.00010000 Token are not allowed/,
  );
});

test('errors arrive as the library knows them', async () => {
  const ledger = await ledgerFor(dev1);
  const to = addressOf(dev2);
  await assert.rejects(ledger.transfer({ to, amount: 1n, fee: 1n }), (error) => {
    assert.ok(error instanceof BadFeeError);
    assert.equal(error.expectedFee, FEE);
    return true;
  });
  const poor = Ed25519KeyIdentity.generate();
  await assert.rejects((await ledgerFor(poor)).transfer({ to, amount: 1n }), (error) => {
    assert.ok(error instanceof InsufficientFundsError);
    assert.equal(error.balance, 0n);
    return true;
  });
  const once = { to, amount: 3n, memo: memo++, createdAt: BigInt(Date.now()) * 1_000_000n };
  const block = await ledger.transfer(once);
  await assert.rejects(ledger.transfer(once), (error) => {
    assert.ok(error instanceof TxDuplicateError);
    assert.equal(error.duplicateOf, block);
    return true;
  });
  const icrc1 = { to: { owner: dev2.getPrincipal(), subaccount: [] }, amount: 1n };
  await assert.rejects(ledger.icrc1Transfer({ ...icrc1, fee: 1n }), BadFeeError);
  await assert.rejects(ledger.icrc1Transfer({ ...icrc1, amount: 1n << 80n }), InsufficientFundsError);
});

// ---- what must be refused ---------------------------------------------------------------------------

// An agent whose HTTP answers are recorded, and changed on the way by `tamper(url, body)`.
function tamperingFetch(answers, tamper = (_url, body) => body) {
  return async (url, options) => {
    const response = await fetch(url, options);
    const body = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) answers.push({ status: response.status, text: Buffer.from(body).toString() });
    const { status, statusText, headers } = response;
    return new Response(status === 204 ? null : tamper(String(url), body), { status, statusText, headers });
  };
}

// The identity with one bit of every signature flipped.
function flipped(identity) {
  const sign = identity.sign.bind(identity);
  identity.sign = async (blob) => {
    const signature = new Uint8Array(await sign(blob));
    signature[signature.length - 7] ^= 0x10;
    return signature;
  };
  return identity;
}

async function refused(identity, text) {
  const answers = [];
  const ledger = await ledgerFor(identity, { fetch: tamperingFetch(answers) });
  await assert.rejects(ledger.transfer({ to: addressOf(dev2), amount: 1n }));
  assert.ok(answers.length > 0, 'the server answered with an error');
  for (const answer of answers) {
    assert.equal(answer.status, 400);
    assert.match(answer.text, text);
  }
}

for (const [kind, make] of Object.entries(identities).slice(0, 3)) {
  test(`${kind}: one flipped bit in the signature is refused`, async () => {
    await refused(flipped(await make()), /^Invalid signature: /);
  });
}

test('delegation: one flipped bit in the session signature is refused', async () => {
  const { session, chain } = await delegatedIdentity();
  await refused(DelegationIdentity.fromDelegation(flipped(session), chain), /^Invalid signature: /);
});

for (const step of [0, 1]) {
  test(`delegation: one flipped bit in the signature of step ${step + 1} is refused`, async () => {
    const { session, chain } = await delegatedIdentity();
    chain.delegations[step].signature[20] ^= 1;
    await refused(DelegationIdentity.fromDelegation(session, chain), /^Invalid delegation: /);
  });
}

test('delegation: another target is refused', async () => {
  const { identity } = await delegatedIdentity([GOVERNANCE]);
  await refused(identity, /^Canister 'ryjl3-tyaaa-aaaaa-aaaba-cai' is not one of the delegation targets\.$/);
});

// The offset of the signature of `size` bytes in a CBOR body: key "signature", then the byte string.
function signatureAt(body, size) {
  const at = Buffer.from(body).lastIndexOf(Buffer.from([0x69, ...Buffer.from('signature'), 0x58, size]));
  assert.ok(at >= 0, 'a signature in the answer');
  return at + 12;
}

function flipByte(body, at) {
  const copy = Uint8Array.from(body);
  copy[at] ^= 1;
  return copy;
}

const isCall = (url) => /\/call$/.test(url);

async function transferFails(tamper) {
  let tampered = 0;
  const change = (url, body) => {
    if (!isCall(url) || body.length === 0) return body;
    tampered += 1;
    return tamper(body);
  };
  const ledger = await ledgerFor(dev1, { fetch: tamperingFetch([], change) });
  await assert.rejects(ledger.transfer({ to: addressOf(dev2), amount: 1n, memo: memo++ }));
  assert.ok(tampered > 0, 'the answer was changed');
}

test('one changed byte in a certificate signature makes the client throw', () =>
  transferFails((body) => flipByte(body, signatureAt(body, 48) + 24)));

test('one changed byte anywhere in the certified reply makes the client throw', async () => {
  for (const marker of ['reply', 'status', 'time']) {
    await transferFails((body) => {
      const at = Buffer.from(body).lastIndexOf(Buffer.from(marker));
      assert.ok(at > 0);
      return flipByte(body, at + marker.length + 5);
    });
  }
});

test('one changed byte in a query signature or a signed reply makes the client throw', async () => {
  for (const offset of [32, 63]) {
    const change = (url, body) =>
      /\/query$/.test(url) ? flipByte(body, signatureAt(body, 64) + offset) : body;
    const ledger = await ledgerFor(dev1, { fetch: tamperingFetch([], change) });
    await assert.rejects(ledger.accountBalance({ accountIdentifier: addressOf(dev2), certified: false }));
  }
  const change = (url, body) => {
    if (!/\/query$/.test(url)) return body;
    const at = Buffer.from(body).indexOf(Buffer.from('DIDL'));
    return flipByte(body, at + 12);
  };
  const ledger = await ledgerFor(dev1, { fetch: tamperingFetch([], change) });
  await assert.rejects(ledger.accountBalance({ accountIdentifier: addressOf(dev2), certified: false }));
});

test('one changed byte in the root key makes the client throw', async () => {
  const honest = await agentFor(dev1);
  for (const at of [40, 100, 132]) {
    const rootKey = flipByte(honest.rootKey, at);
    const options = { rootKey, shouldFetchRootKey: false };
    const ledger = await ledgerFor(dev1, options);
    await assert.rejects(ledger.transfer({ to: addressOf(dev2), amount: 1n, memo: memo++ }));
    await assert.rejects(ledger.accountBalance({ accountIdentifier: addressOf(dev2), certified: false }));
  }
});
