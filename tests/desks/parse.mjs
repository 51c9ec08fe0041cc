// Reads letters with npm's mailparser and prints what it sees, one JSON object a line.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { simpleParser } from "mailparser";

for (const path of process.argv.slice(2)) {
  const mail = await simpleParser(await readFile(path));
  const addresses = (header) => header?.value.map(({ address, name }) => ({ address, name })) ?? [];
  console.log(JSON.stringify({
    from: addresses(mail.from),
    replyTo: addresses(mail.replyTo),
    subject: mail.subject,
    text: mail.text,
    messageId: mail.messageId,
    inReplyTo: mail.inReplyTo ?? null,
    files: mail.attachments.map(({ filename, content, related }) => ({
      name: filename ?? null,
      related: Boolean(related),
      sha256: createHash("sha256").update(content).digest("hex"),
    })),
  }));
}
