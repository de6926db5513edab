// remoteShell.mjs ADDRESS: stands for sshd on a machine of the documentation's spec. A connection brings one line of JSON with a
// command, then its standard input; the answer is one object with its exit code and what it has written.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

createServer({ allowHalfOpen: true }, (socket) => {
  let head = Buffer.alloc(0);
  const onData = (data) => {
    head = Buffer.concat([head, data]);
    const end = head.indexOf("\n");
    if (end < 0) return;
    socket.off("data", onData);
    serve(socket, JSON.parse(head.subarray(0, end).toString()).command, head.subarray(end + 1));
  };
  socket.on("data", onData).on("error", () => socket.destroy());
}).listen(22, process.argv[2], () => console.log("listening"));

function serve(socket, command, input) {
  const child = spawn("bash", ["-c", command], { cwd: "/root" });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdin.on("error", () => undefined).write(input);
  socket.pipe(child.stdin);
  // Not `close`: what the command leaves running keeps its output open.
  child.on("exit", (code) => setTimeout(() => socket.end(JSON.stringify({ code: code ?? 1, stdout, stderr })), 100));
}
