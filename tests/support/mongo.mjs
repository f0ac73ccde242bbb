// One command to a MongoDB server, as tests need it to make and drop what they attach. No login.
import { connect } from "node:net";

const cstring = (text) => Buffer.from(`${text}\0`);
const int32 = (n) => {
  const b = Buffer.alloc(4);
  b.writeInt32LE(n);
  return b;
};

// BSON of what commands are made of: texts, numbers, booleans, null, arrays, objects.
const element = (name, value) => {
  const key = cstring(name);
  if (value === null) return Buffer.concat([Buffer.from([0x0a]), key]);
  if (typeof value === "boolean") return Buffer.concat([Buffer.from([0x08]), key, Buffer.from([value ? 1 : 0])]);
  if (typeof value === "string") {
    const text = cstring(value);
    return Buffer.concat([Buffer.from([0x02]), key, int32(text.length), text]);
  }
  if (typeof value === "number") {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return Buffer.concat([Buffer.from([0x10]), key, int32(value)]);
    const double = Buffer.alloc(8);
    double.writeDoubleLE(value);
    return Buffer.concat([Buffer.from([0x01]), key, double]);
  }
  return Buffer.concat([Buffer.from([Array.isArray(value) ? 0x04 : 0x03]), key, encode(value)]);
};

const encode = (object) => {
  const body = Buffer.concat(Object.entries(object).map(([name, value]) => element(name, value)));
  return Buffer.concat([int32(body.length + 5), body, Buffer.from([0])]);
};

// The members of an answer that are numbers or texts; others end the reading.
const decode = (bytes) => {
  const out = {};
  let at = 4;
  while (bytes[at]) {
    const type = bytes[at];
    const end = bytes.indexOf(0, at + 1);
    const name = bytes.toString("utf8", at + 1, end);
    at = end + 1;
    if (type === 0x01) [out[name], at] = [bytes.readDoubleLE(at), at + 8];
    else if (type === 0x10) [out[name], at] = [bytes.readInt32LE(at), at + 4];
    else if (type === 0x12) [out[name], at] = [Number(bytes.readBigInt64LE(at)), at + 8];
    else if (type === 0x08) [out[name], at] = [bytes[at] === 1, at + 1];
    else if (type === 0x02) [out[name], at] = [bytes.toString("utf8", at + 4, at + 3 + bytes.readInt32LE(at)), at + 4 + bytes.readInt32LE(at)];
    else if (type === 0x03 || type === 0x04) at += bytes.readInt32LE(at);
    else break;
  }
  return out;
};

/** The answer to `command` on `database` of the server at `uri`; throws when it is not ok. */
export const mongoCommand = (uri, database, command) =>
  new Promise((done, fail) => {
    const { hostname, port } = new URL(uri);
    const body = encode({ ...command, $db: database });
    const head = Buffer.concat([int32(16 + 5 + body.length), int32(1), int32(0), int32(2013), int32(0), Buffer.from([0])]);
    let answer = Buffer.alloc(0);
    const socket = connect(Number(port || 27017), hostname, () => socket.write(Buffer.concat([head, body])));
    socket.on("error", fail);
    socket.on("close", () => fail(new Error(`no answer to ${JSON.stringify(command)}`)));
    socket.on("data", (part) => {
      answer = Buffer.concat([answer, part]);
      if (answer.length < 4 || answer.length < answer.readInt32LE(0)) return;
      const result = decode(answer.subarray(21));
      if (result.ok === 1) done(result);
      else fail(new Error(`${JSON.stringify(command)}: ${result.code} ${result.errmsg}`));
      socket.end();
    });
  });
