export default { serverExternalPackages: ['ioredis'] };
