/** One workflow: what it is at, its nodes, and the log of the node that is looked at. */
import { call, follow } from './api.js'
import { durationText, h, phaseMark, progressBar, timeText } from './elements.js'
import { logView } from './logs.js'
import { podOf, treeRows } from './tree.js'

const rowsAtOnce = 500

export function detailPage(page, { namespace, name, signal, onState, onEnd, goTo }) {
  let workflow
  let selected = ''
  let rows = rowsAtOnce
  let leaveLog = new AbortController()
  let logKey = ''
  signal.addEventListener('abort', () => leaveLog.abort())
  const head = h('div')
  const notice = h('p', { class: 'notice', role: 'alert', hidden: true })
  const tree = h('div', { class: 'card tree' })
  const facts = h('div')
  const log = h('div', { style: 'padding: 0' })
  page.replaceChildren(head, notice, h('div', { class: 'columns' }, tree, h('div', { class: 'card side' }, facts, log)))

  let isDue = false
  function changed() {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      if (workflow) draw()
    })
  }

  function draw() {
    const { metadata, spec, status } = workflow
    const isOver = Boolean(status.finishedAt)
    const isSuspended = !isOver && (spec.suspend === true || activeSuspends(workflow).length > 0)
    head.replaceChildren(
      h('h1', {}, phaseMark(status.phase, { isSuspended, withWord: false }), ` ${metadata.name}`),
      h(
        'p',
        { class: 'facts' },
        fact('Phase', status.phase || 'Pending'),
        h('span', {}, progressBar(status.progress)),
        fact('Created', timeText(metadata.creationTimestamp)),
        fact('Duration', durationText(status.startedAt, status.finishedAt)),
        status.message && fact('Message', status.message),
      ),
      h('div', { class: 'bar' }, buttons(status.phase, { isOver, isSuspended })),
    )
    drawTree()
    drawSide()
  }

  function buttons(phase, { isOver, isSuspended }) {
    const verb = (word, title, more = {}) =>
      h('button', { type: 'button', class: more.class, onclick: () => void act(word, more) }, title)
    return [
      !isOver && isSuspended && verb('resume', 'Resume'),
      !isOver && !isSuspended && verb('suspend', 'Suspend'),
      !isOver && verb('stop', 'Stop'),
      !isOver && verb('terminate', 'Terminate', { class: 'danger', asks: 'Terminate without running exit handlers?' }),
      (phase === 'Failed' || phase === 'Error') && verb('retry', 'Retry'),
      isOver && verb('resubmit', 'Resubmit'),
      verb('delete', 'Delete', { class: 'danger', asks: `Delete ${name} with its containers and logs?` }),
    ]
  }

  async function act(verb, { asks }) {
    if (asks && !confirm(asks)) return
    const path = `workflows/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`
    try {
      const answer = verb === 'delete' ? await call('DELETE', path) : await call('PUT', `${path}/${verb}`, {})
      if (verb === 'delete') goTo(`workflows/${namespace}`)
      if (verb === 'resubmit') goTo(`workflows/${namespace}/${answer.metadata.name}`)
      tell('')
    } catch (error) {
      tell(error.message)
    }
  }

  function tell(text) {
    notice.textContent = text
    notice.hidden = text === ''
  }

  function drawTree() {
    const all = treeRows(workflow)
    if (!workflow.status.nodes?.[selected]) selected = interesting(all)?.id ?? ''
    const top = tree.scrollTop
    const items = all.slice(0, rows).map(({ node, depth }) => {
      const note = node.message || durationText(node.startedAt, node.finishedAt)
      return h(
        'button',
        {
          type: 'button',
          class: 'node',
          style: `padding-left: ${0.8 + depth * 1.1}rem`,
          'aria-current': String(node.id === selected),
          onclick: () => select(node.id),
        },
        phaseMark(node.phase, { withWord: false, isSuspended: isActiveSuspend(node) }),
        h('span', { class: 'name' }, node.displayName || node.name),
        h('span', { class: 'note', title: note }, note),
      )
    })
    if (all.length > rows) {
      const showMore = () => {
        rows += rowsAtOnce
        drawTree()
      }
      items.push(h('button', { type: 'button', class: 'node', onclick: showMore }, `… ${all.length - rows} more`))
    }
    tree.replaceChildren(...(items.length > 0 ? items : [h('p', { class: 'empty' }, 'Not started yet.')]))
    tree.scrollTop = top
  }

  function select(id) {
    selected = id
    draw()
  }

  function drawSide() {
    const node = workflow.status.nodes?.[selected]
    facts.replaceChildren()
    if (!node) return showLog('', null)
    facts.append(h('h2', {}, node.displayName || node.name, ' ', h('span', { class: 'quiet' }, node.type)))
    facts.append(
      h(
        'dl',
        {},
        factsOf(node).flatMap(([key, value]) => [h('dt', {}, key), h('dd', {}, value)]),
      ),
    )
    const hasLog = (node.type === 'Pod' || node.type === 'Container') && node.phase !== 'Pending'
    if (!hasLog) return showLog('', null)
    const podName = podOf(workflow, node)
    const container = node.type === 'Container' ? node.displayName || 'main' : 'main'
    const isRunning = !node.finishedAt
    showLog(`${node.id} ${node.startedAt ?? ''}`, () =>
      logView({ workflow, podName, container, isRunning, signal: leaveLog.signal }),
    )
  }

  /** Begins anew only for another log. */
  function showLog(key, make) {
    if (key === logKey) return
    logKey = key
    leaveLog.abort()
    leaveLog = new AbortController()
    log.replaceChildren(...(make ? [make()] : []))
  }

  const ticking = setInterval(() => workflow && !workflow.status.finishedAt && changed(), 1000)
  signal.addEventListener('abort', () => clearInterval(ticking))
  const selector = encodeURIComponent(`metadata.name=${name}`)
  void follow(`workflow-events/${encodeURIComponent(namespace)}?listOptions.fieldSelector=${selector}`, {
    signal,
    onState,
    onEnd,
    onResult: ({ type, object }) => {
      workflow = object
      if (type === 'DELETED') tell('This workflow has been deleted.')
      changed()
    },
  })
}

const fact = (key, value) => h('span', {}, `${key} `, h('b', {}, value))
const isActiveSuspend = (node) => node.type === 'Suspend' && node.phase === 'Running'
const activeSuspends = (workflow) => Object.values(workflow.status.nodes ?? {}).filter(isActiveSuspend)

/** What a person would look at first: what failed, what runs, the last pod. */
function interesting(rows) {
  const pods = rows.map(({ node }) => node).filter(({ type }) => type === 'Pod' || type === 'Container')
  return (
    pods.find(({ phase }) => phase === 'Failed' || phase === 'Error') ??
    pods.find(({ phase }) => phase === 'Running') ??
    pods.at(-1) ??
    rows[0]?.node
  )
}

function factsOf(node) {
  const parameters = (from) =>
    (node[from]?.parameters ?? []).map(({ name, value }) => [`${from} ${name}`, String(value ?? '')])
  const artifacts = (from) =>
    (node[from]?.artifacts ?? []).map(({ name, s3, path }) => [`${from} ${name}`, s3?.key ?? path ?? ''])
  return [
    ['phase', node.phase ?? 'Pending'],
    ['message', node.message],
    ['template', node.templateRef ? `${node.templateRef.name}/${node.templateRef.template}` : node.templateName],
    ['started', timeText(node.startedAt)],
    ['duration', durationText(node.startedAt, node.finishedAt)],
    ['exit code', node.outputs?.exitCode],
    ...parameters('inputs'),
    ...artifacts('inputs'),
    ...parameters('outputs'),
    ...artifacts('outputs'),
    ['result', node.outputs?.result],
  ].filter(([, value]) => value)
}
