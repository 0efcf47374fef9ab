// Scans an archive with the plugin of snyk for containers, without the rest of its command line.
const { scan } = require("snyk-docker-plugin");

scan({ path: process.argv[2] }).then(
  (scanned) => {
    const facts = scanned.scanResults[0].facts;
    process.stdout.write(JSON.stringify(facts.find((fact) => fact.type === "imageLayers").data));
  },
  (error) => {
    console.error(error.message);
    process.exit(2);
  },
);
