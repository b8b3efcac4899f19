import path from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  outputFileTracingRoot: path.resolve("."),
  poweredByHeader: false,
  /* nginx compresses, if anybody */
  compress: false,
  /* npm run lint, with rules of its own */
  eslint: { ignoreDuringBuilds: true },
};

export default config;
