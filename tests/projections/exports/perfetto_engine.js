// Runs the engine that Perfetto's page runs in a worker: requests on stdin, replies on stdout.
// What a worker finds in a browser is stood in for; files are read from the folder that is named.
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const folder = process.argv[2];
const read = (url) => fs.readFileSync(path.join(folder, path.basename(String(url))));
const replies = [];
const port = { postMessage: (reply) => replies.push(Buffer.from(reply)) };
const complaints = (...words) => console.error(...words);

class XMLHttpRequest {
  open(method, url) {
    this.url = url;
  }
  send() {
    const content = read(this.url);
    this.status = 200;
    this.response = content.buffer.slice(content.byteOffset, content.byteOffset + content.length);
  }
}

const worker = { location: { href: "http://engine/" } };
const world = {
  self: worker,
  location: worker.location,
  WorkerGlobalScope: class {},
  console: { log: complaints, warn: complaints, error: complaints },
  importScripts: () => {},
  fetch: async (url) => new Response(read(url), { headers: { "content-type": "application/wasm" } }),
  XMLHttpRequest,
  setTimeout,
  clearTimeout,
  TextDecoder,
  TextEncoder,
  performance,
  URL,
  crypto: globalThis.crypto,
};
Object.assign(worker, world);
vm.createContext(world);
vm.runInContext(read("engine_bundle.js").toString(), world, { filename: "engine_bundle.js" });
worker.onmessage({ data: port });

// It is ready when all that it began by itself is done: in the next task.
setTimeout(() => {
  const bytes = vm.runInContext("(content) => new Uint8Array(content)", world);
  port.onmessage({ data: bytes(fs.readFileSync(0)) });
  fs.writeSync(1, Buffer.concat(replies));
}, 0);
