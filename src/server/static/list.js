/** The list of workflows, live. */
import { follow } from './api.js'
import { durationText, h, phaseMark, progressBar, timeText } from './elements.js'

const wanted = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.creationTimestamp',
  'spec.suspend',
  'status.phase',
  'status.progress',
  'status.startedAt',
  'status.finishedAt',
  'status.message',
].map((path) => `result.object.${path}`)
const phases = ['Running', 'Pending', 'Succeeded', 'Failed', 'Error']
const rowsAtOnce = 200

export function listPage(page, { namespace, signal, onState, onEnd, linkTo }) {
  const byUid = new Map()
  const view = { text: '', phase: '', rows: rowsAtOnce }
  const chips = h('span', { class: 'bar', style: 'margin: 0' })
  const body = h('tbody')
  const more = h('div')
  const search = h('input', { type: 'search', placeholder: 'Name, namespace or message', 'aria-label': 'Filter' })
  search.addEventListener('input', () => {
    view.text = search.value.toLowerCase()
    draw()
  })
  const head = ['', 'Name', 'Namespace', 'Progress', 'Duration', 'Created', 'Message'].map((title) =>
    h('th', {}, title),
  )
  const table = h('table', {}, h('thead', {}, h('tr', {}, head)), body)
  page.replaceChildren(h('div', { class: 'bar' }, search, chips), h('div', { class: 'card' }, table, more))

  let isDue = false
  /** Many changes, one drawing. */
  function changed() {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      draw()
    })
  }

  function draw() {
    const all = [...byUid.values()]
    drawChips(all)
    const shown = all
      .filter(
        (workflow) => (view.phase === '' || phaseOf(workflow) === view.phase) && textOf(workflow).includes(view.text),
      )
      .sort((a, b) => compare(b, a))
    body.replaceChildren(...shown.slice(0, view.rows).map(row))
    const rest = shown.length - view.rows
    more.replaceChildren()
    if (all.length === 0)
      more.append(
        h('p', { class: 'empty' }, 'No workflows yet. Drop a manifest into the folder, or: drydock submit FILE'),
      )
    else if (shown.length === 0) more.append(h('p', { class: 'empty' }, 'Nothing matches.'))
    else if (rest > 0)
      more.append(h('p', { class: 'empty' }, h('button', { type: 'button', onclick: showMore }, `${rest} more`)))
  }

  function showMore() {
    view.rows += rowsAtOnce
    draw()
  }

  function drawChips(all) {
    chips.replaceChildren(
      ...phases.map((phase) => {
        const count = all.filter((workflow) => phaseOf(workflow) === phase).length
        const press = () => {
          view.phase = view.phase === phase ? '' : phase
          draw()
        }
        return h(
          'button',
          { type: 'button', class: 'chip', 'aria-pressed': String(view.phase === phase), onclick: press },
          `${phase} ${count}`,
        )
      }),
    )
  }

  function row({ metadata, spec, status }) {
    return h(
      'tr',
      {},
      h('td', {}, phaseMark(status?.phase, { isSuspended: spec?.suspend === true && !status?.finishedAt })),
      h('td', {}, linkTo(metadata.namespace, metadata.name)),
      h('td', { class: 'quiet' }, metadata.namespace),
      h('td', {}, progressBar(status?.progress)),
      h('td', {}, durationText(status?.startedAt, status?.finishedAt)),
      h('td', { class: 'quiet' }, timeText(metadata.creationTimestamp)),
      h('td', { class: 'message', title: status?.message ?? '' }, status?.message ?? ''),
    )
  }

  const ticking = setInterval(changed, 1000)
  signal.addEventListener('abort', () => clearInterval(ticking))
  draw()
  void follow(`workflow-events/${encodeURIComponent(namespace)}?fields=result.type,${wanted.join(',')}`, {
    signal,
    onState,
    onEnd,
    // Whatever is still there is told again.
    onOpen: () => byUid.clear(),
    onResult: ({ type, object }) => {
      if (type === 'DELETED') byUid.delete(object.metadata.uid)
      else byUid.set(object.metadata.uid, object)
      changed()
    },
  })
}

const phaseOf = ({ status }) => status?.phase || 'Pending'
const textOf = ({ metadata, status }) => `${metadata.name} ${metadata.namespace} ${status?.message ?? ''}`.toLowerCase()
const compare = (a, b) =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  a.metadata.name.localeCompare(b.metadata.name)
