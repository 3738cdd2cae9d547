// tus-js-client, unmodified, in Node: sends a file, and prints where it went and how often the line broke.
const { readFileSync } = require("node:fs");
const tus = require("tus-js-client");

let breaks = 0;
const upload = new tus.Upload(readFileSync(process.env.FILE), {
    endpoint: process.env.ENDPOINT,
    headers: { Authorization: process.env.AUTHORIZATION },
    metadata: { filename: "课件.bin" },
    retryDelays: Array(50).fill(20),
    onShouldRetry: () => {
        breaks += 1;
        return true;
    },
    onError: (error) => {
        console.error(error);
        process.exit(1);
    },
    onSuccess: () => console.log(JSON.stringify({ url: upload.url, breaks })),
});
upload.start();
