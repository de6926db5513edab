import https from "node:https";

/** What the engine answers to `POST /enroll` with this body: its status, and the code of its error. */
export function post(engineUrl: string, body: unknown): Promise<{ status: number | undefined; code: string | undefined }> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", rejectUnauthorized: false, agent: false };
    const sent = https.request(new URL("/enroll", engineUrl), options, async (response) => {
      const { error } = JSON.parse(Buffer.concat(await response.toArray()).toString());
      resolve({ status: response.statusCode, code: error?.code });
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}
