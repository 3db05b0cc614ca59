// Reads a list of workflows and prints what has ended: phase, name, uid, end and number of nodes, one a line.
let text = ''
for await (const part of process.stdin) text += part
const parsed = JSON.parse(text)
const workflows = Array.isArray(parsed) ? parsed : (parsed.items ?? [])
const lines = workflows
  .filter(({ status }) => status?.finishedAt)
  .map(
    ({ metadata, status }) =>
      `${status.phase} ${metadata.name} ${metadata.uid} ${status.startedAt} ${status.finishedAt}`,
  )
console.log(lines.sort().join('\n'))
