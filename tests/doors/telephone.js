// A telephone in a browser: SIP over a WebSocket (RFC 7118), sound by WebRTC. It says 440 Hz.
// arguments: address of the WebSocket, number; then what to call with the outcome.
const [address, number, done] = arguments;
const random = () => Math.random().toString(36).slice(2);
const me = `${random()}.invalid`, call = random(), tag = random();
const telephone = (window.telephone = {});

function request(method, cseq, to, target, routes, body, branch = `z9hG4bK${random()}`) {
  return [
    `${method} ${target} SIP/2.0`,
    `Via: SIP/2.0/WSS ${me};branch=${branch}`,
    ...routes.map((route) => `Route: ${route}`),
    `From: <sip:13900001234@kamailio.test>;tag=${tag}`,
    `To: ${to}`,
    `Call-ID: ${call}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:telephone@${me};transport=ws>`,
    "Max-Forwards: 70",
    ...(body ? ["Content-Type: application/sdp"] : []),
    `Content-Length: ${new TextEncoder().encode(body).length}`,
    "",
    body,
  ].join("\r\n");
}

function headers(message, name) {
  const head = message.split("\r\n\r\n")[0];
  return [...head.matchAll(new RegExp(`^${name}\\s*:\\s*(.*)$`, "gim"))].map((found) => found[1].trim());
}

async function offer(connection) {
  const sound = new AudioContext();
  const tone = new OscillatorNode(sound, { frequency: 440 });
  const out = new MediaStreamAudioDestinationNode(sound);
  tone.connect(out);
  tone.start();
  connection.addTrack(out.stream.getTracks()[0], out.stream);
  await connection.setLocalDescription();
  while (connection.iceGatheringState !== "complete") {
    await new Promise((then) => connection.addEventListener("icegatheringstatechange", then, { once: true }));
  }
  return connection.localDescription.sdp;
}

async function answered(connection, message, socket) {
  const target = headers(message, "Contact")[0].replace(/[<>]/g, "");
  const routes = headers(message, "Record-Route").reverse();
  const to = headers(message, "To")[0];
  socket.send(request("ACK", 1, to, target, routes, ""));
  telephone.hangUp = () => socket.send(request("BYE", 2, to, target, routes, ""));
  await connection.setRemoteDescription({ type: "answer", sdp: message.split("\r\n\r\n")[1] });
  while (connection.connectionState !== "connected") {
    if (connection.connectionState === "failed") throw new Error("no way for the sound was found");
    await new Promise((then) => connection.addEventListener("connectionstatechange", then, { once: true }));
  }
}

telephone.packetsHeard = async () => {
  const reports = [...(await telephone.connection.getStats()).values()];
  return reports.filter((each) => each.type === "inbound-rtp").reduce((sum, each) => sum + each.packetsReceived, 0);
};

(async () => {
  const connection = (telephone.connection = new RTCPeerConnection());
  const body = await offer(connection);
  const socket = new WebSocket(address, "sip");
  const target = `sip:${number}@kamailio.test`;
  socket.onerror = () => done("the WebSocket was refused");
  socket.onopen = () => socket.send(request("INVITE", 1, `<${target}>`, target, [], body));
  socket.onmessage = async ({ data }) => {
    const message = typeof data === "string" ? data : await data.text();
    const status = Number(message.match(/^SIP\/2\.0 (\d+)/)?.[1] ?? 0);
    const cseq = headers(message, "CSeq")[0];
    if (cseq === "2 BYE" && status === 200) telephone.over = true;
    if (cseq !== "1 INVITE" || status < 200) return;
    if (status !== 200) return done(message);
    try {
      await answered(connection, message, socket);
      done("connected");
    } catch (error) {
      done(String(error));
    }
  };
})().catch((error) => done(String(error)));
