/* The packages are those of the tests, one directory up. */
export default {
  outputFileTracingRoot: new URL("..", import.meta.url).pathname,
  eslint: { ignoreDuringBuilds: true },
};
