/** The log of a pod, as it comes. */
import { stream } from './api.js'
import { h } from './elements.js'

const linesMax = 5000

/** @returns an element that shows the log until the signal */
export function logView({ workflow, podName, container, isRunning, signal }) {
  const lines = h('pre', { class: 'log', tabindex: '0', 'aria-label': 'Log' })
  const waiting = []
  const { namespace, name } = workflow.metadata
  const query = new URLSearchParams({
    podName,
    'logOptions.container': container,
    'logOptions.follow': String(isRunning),
    'logOptions.tailLines': String(linesMax),
  })
  const flush = () => {
    if (waiting.length === 0) return
    const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40
    lines.append(waiting.splice(0).join(''))
    // One text after another: the oldest go first.
    while (lines.childNodes.length > 200) lines.firstChild.remove()
    if (isAtEnd) lines.scrollTop = lines.scrollHeight
  }
  const drawing = setInterval(flush, 150)
  const path = `workflows/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/log?${query}`
  void stream(path, { signal, onResult: ({ content }) => waiting.push(`${content}\n`) })
    .then(() => {
      flush()
      if (lines.textContent === '') lines.append('No output.')
    })
    .catch((error) => {
      if (!signal.aborted) waiting.push(`${error.message}\n`)
      flush()
    })
    .finally(() => clearInterval(drawing))
  return lines
}
