// What html-validate and @emailens/engine say of HTML files, as one JSON object on stdout: node judge.mjs FILE...
// Run from the directory that `make judges` installs them into.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const from = createRequire(`${process.cwd()}/package.json`);
const { HtmlValidate, StaticConfigLoader } = from("html-validate");
const { auditEmail } = from("@emailens/engine");

const validator = new HtmlValidate(
  new StaticConfigLoader({
    extends: ["html-validate:recommended", "html-validate:a11y", "html-validate:document"],
    rules: {
      "no-inline-style": "off", // many mail clients drop style sheets: styles have to stand in attributes
      "no-conditional-comment": "off", // Outlook for Windows takes its column width from nowhere else
    },
  }),
);

const judged = {};
for (const file of process.argv.slice(2)) {
  const html = readFileSync(file, "utf8");
  const report = await validator.validateString(html, file);
  const audit = auditEmail(html, {});
  judged[file] = {
    errors: report.results.flatMap((result) => result.messages).map((it) => `${it.ruleId}:${it.line}: ${it.message}`),
    clients: Object.fromEntries(Object.entries(audit.compatibility.scores).map(([name, it]) => [name, it.score])),
    accessibility: audit.accessibility,
    clipped: audit.size.clipped,
  };
}
process.stdout.write(JSON.stringify(judged));
