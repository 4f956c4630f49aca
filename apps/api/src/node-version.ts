const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

/** Every entry point imports this first, because on an older Node the database driver crashes without a message. */
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `This needs Node 22.18 or newer, and this is ${process.version}. ` +
      "Start it by npm (npm start, npm run serve, npm run admin), which brings its own Node 24 on Linux.",
  );
  process.exit(1);
}
