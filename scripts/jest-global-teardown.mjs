export default () => globalThis.crossroadsTestServers?.();
