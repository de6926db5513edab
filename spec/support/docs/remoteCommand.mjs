// remoteCommand.mjs HOST COMMAND: runs the command there, with this standard input. See remoteShell.mjs.
import { connect } from "node:net";

const [host, command] = process.argv.slice(2);
const socket = connect({ host, port: 22, allowHalfOpen: true });
socket.write(JSON.stringify({ command }) + "\n");
process.stdin.pipe(socket);
let answer = "";
socket.setEncoding("utf8").on("data", (text) => (answer += text));
socket.on("error", (error) => {
  console.error(`ssh: ${host}: ${error.message}`);
  process.exit(255);
});
socket.on("end", () => {
  const { code, stdout, stderr } = JSON.parse(answer);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
  process.stdin.destroy();
});
