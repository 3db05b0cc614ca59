// Argument: a URL. Fails where it does not answer with 200.
const { ok, status } = await fetch(process.argv[2])
console.log(status)
process.exit(ok ? 0 : 1)
