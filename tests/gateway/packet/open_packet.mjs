// A reader in another language, after docs/packet-format.md, on node's own crypto alone: prints digests of all parts.
import { createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, verify, X509Certificate }
  from 'node:crypto';
import { readFileSync } from 'node:fs';

const [path, keyPath] = process.argv.slice(2);
const sha256 = (data) => createHash('sha256').update(data).digest();
const need = (holds, what) => { if (!holds) { console.error(what); process.exit(3); } };
const decode = (text) => Buffer.from(text, 'base64url');

function openJws(text, typ) {
  const [header64, payload64, signature64] = text.split('.');
  const header = JSON.parse(decode(header64));
  need(header.alg === 'ES256' && header.typ === typ, `not a ${typ}`);
  const certificate = new X509Certificate(Buffer.from(header.x5c[0], 'base64'));
  const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' };
  need(verify('sha256', Buffer.from(`${header64}.${payload64}`), key, decode(signature64)), `${typ}: signature`);
  return decode(payload64);
}

function thumbprint(key) {
  const { crv, kty, x, y } = key.export({ format: 'jwk' });
  return sha256(JSON.stringify({ crv, kty, x, y })).toString('base64url');
}

function unwrap(jwe, privateKey) {
  const [header64, wrapped, iv, ciphertext, tag] = jwe.split('.');
  const header = JSON.parse(decode(header64));
  need(header.alg === 'ECDH-ES+A256KW' && header.enc === 'A256GCM' && header.typ === 'rekam-packet-key+jwe', 'jwe header');
  const shared = diffieHellman({ privateKey, publicKey: createPublicKey({ key: header.epk, format: 'jwk' }) });
  const number = (value) => { const four = Buffer.alloc(4); four.writeUInt32BE(value); return four; };
  const algorithm = Buffer.from(header.alg);
  // NIST SP 800-56A Concat KDF as RFC 7518 clause 4.6.2 fills it in: one round gives the 256 bits.
  const kek = sha256(Buffer.concat([number(1), shared, number(algorithm.length), algorithm, number(0), number(0), number(256)]));
  const keyWrap = createDecipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6));
  const cek = Buffer.concat([keyWrap.update(decode(wrapped)), keyWrap.final()]);
  return gcm(cek, decode(iv), Buffer.from(header64), decode(ciphertext), decode(tag));
}

function gcm(key, nonce, bound, ciphertext, tag) {
  const cipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(bound).setAuthTag(tag);
  return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
}

const file = readFileSync(path);
need(file.subarray(0, 12).equals(Buffer.from('89524b4d0d0a1a0a00010000', 'hex')), 'magic or version');
const headerLength = file.readUInt32BE(12), sealLength = file.readUInt32BE(16);
const headerBytes = file.subarray(20, 20 + headerLength);
const header = JSON.parse(headerBytes);
const first = 20 + headerLength + sealLength;
const seal = JSON.parse(openJws(file.subarray(20 + headerLength, first).toString(), 'rekam-packet-seal+jws'));
const bound = sha256(headerBytes);
need(seal.header_sha256 === bound.toString('hex'), 'header');
const privateKey = createPrivateKey(readFileSync(keyPath));
const own = header.recipients.find((each) => each.kid === thumbprint(createPublicKey(privateKey)));
need(own, 'not a recipient');
const contentKey = unwrap(own.key, privateKey);
const commitment = createHmac('sha256', contentKey).update('rekam-packet 1 content key').digest('hex');
need(commitment === header.key_commitment, 'commitment');

const pieces = [];
for (let index = 0, at = first; index < header.content.chunks; index++) {
  const last = index === header.content.chunks - 1;
  const size = last ? header.content.bytes - index * header.content.chunk_bytes : header.content.chunk_bytes;
  const chunk = file.subarray(at, at += size + 16);
  need(sha256(chunk).toString('hex') === seal.chunk_sha256[index], `chunk ${index}`);
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 7);
  nonce[11] = last ? 1 : 0;
  pieces.push(gcm(contentKey, nonce, bound, chunk.subarray(0, size), chunk.subarray(size)));
  need(!last || at === file.length, 'size');
}
const content = Buffer.concat(pieces);
const length = content.readUInt32BE(0);
const statement = JSON.parse(openJws(content.subarray(4, 4 + length).toString(), 'rekam-enrolment+jws'));
const digests = {};
let at = 4 + length;
for (const part of statement.parts) {
  digests[part.name] = sha256(content.subarray(at, at += part.size)).toString('hex');
  need(digests[part.name] === part.sha256, part.name);
}
need(at === content.length, 'content');
console.log(JSON.stringify({ person: statement.person.value, digests }));
