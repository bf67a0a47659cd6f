// Asks a server through the libraries that wallets use, over every transport, and prints what each got
// as one line of JSON a transport.
//
// usage: node ask.mjs '{"tcp": PORT, "ssl": PORT, "ws": PORT, "wss": PORT}'
// The server's certificate signs itself: run with NODE_TLS_REJECT_UNAUTHORIZED=0.
import { ElectrumClient as NetworkClient } from '@electrum-cash/network';
import { ElectrumWebSocket } from '@electrum-cash/web-socket';
import SocketClient from 'electrum-client';

const host = '127.0.0.1';
const ports = JSON.parse(process.argv[2]);

async function ask(request) {
  const answers = {
    tip: await request('blockchain.headers.subscribe', []),
    header: await request('blockchain.block.header', [1]),
    headers: await request('blockchain.block.headers', [0, 2016]),
    features: await request('server.features', []),
  };
  // Many at once, to be answered each by its id.
  const heights = Array.from({ length: 200 }, (_, i) => i % 20);
  const many = await Promise.all(heights.map((height) => request('blockchain.block.header', [height])));
  answers.in_order = many.every((header, i) => header === many[heights[i]]) && new Set(many).size === 20;
  let refusal;
  try {
    refusal = await request('blockchain.block.header', [1e9]);
  } catch (error) {
    refusal = error;
  }
  answers.refused = Boolean(refusal && refusal.message);
  return answers;
}

async function overSockets(port, protocol) {
  const client = new SocketClient(port, host, protocol);
  await client.connect();
  await client.server_version('sluice-interop', '1.4');
  const answers = await ask((method, params) => client.request(method, params));
  client.close();
  return answers;
}

async function overWebSockets(port, encrypted) {
  const client = new NetworkClient('sluice-interop', '1.4', new ElectrumWebSocket(host, port, encrypted, 20000));
  await client.connect();
  const answers = await ask((method, params) => client.request(method, ...params));
  await client.disconnect();
  return answers;
}

const results = {
  tcp: await overSockets(ports.tcp, 'tcp'),
  ssl: await overSockets(ports.ssl, 'tls'),
  ws: await overWebSockets(ports.ws, false),
  wss: await overWebSockets(ports.wss, true),
};
for (const [transport, answers] of Object.entries(results)) console.log(JSON.stringify({ transport, ...answers }));
process.exit(0);
