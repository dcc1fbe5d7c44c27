import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses only, so that the page works under any path of a static server.
  base: "./",
  worker: { format: "es" },
  build: {
    target: "es2024",
    // The WebAssembly module is streamed while it is compiled; inlined as base64 it could not be.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  // The bookstore policies are imported from the repository, outside of this folder.
  server: { fs: { allow: ["../.."] } },
});
