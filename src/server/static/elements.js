/** Elements from names, properties and children. Texts are always texts: nothing a manifest says becomes markup. */

/** @param properties `class`, `on<event>` and attributes; `false` and `undefined` are left out */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else element.setAttribute(key, value === true ? '' : String(value))
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

const signs = { Pending: '◷', Running: '●', Succeeded: '✔', Skipped: '○', Omitted: '○', Failed: '✖', Error: '⚠' }

export function phaseMark(phase, { isSuspended = false, withWord = true } = {}) {
  const name = phase || 'Pending'
  const word = isSuspended ? `${name} (suspended)` : name
  const sign = h('span', { class: 'sign', 'aria-hidden': 'true' }, isSuspended ? 'ǁ' : (signs[name] ?? '·'))
  return h('span', { class: `phase ${name}`, title: word }, sign, withWord ? ` ${word}` : '')
}

/** `1/3` as a bar with its text. */
export function progressBar(progress) {
  const [done, total] = (progress ?? '').split('/').map(Number)
  if (!(total > 0)) return h('span', { class: 'quiet' }, '–')
  return h('span', {}, h('progress', { value: done, max: total }), ` ${progress}`)
}

export function durationText(startedAt, finishedAt) {
  if (!startedAt) return ''
  const seconds = Math.max(
    0,
    Math.round(((finishedAt ? Date.parse(finishedAt) : Date.now()) - Date.parse(startedAt)) / 1000),
  )
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`
  return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`
}

export const timeText = (time) => (time ? new Date(time).toLocaleString() : '')
