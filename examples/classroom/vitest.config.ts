import path from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": path.resolve(".") } },
  test: { include: ["test/*.test.ts", "test/*.test.tsx"], environment: "happy-dom", testTimeout: 120000 },
});
