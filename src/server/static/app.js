/** The pages and the ways between them; Argo's own addresses: `workflows/NAMESPACE/NAME`. */
import { call, keepToken } from './api.js'
import { detailPage } from './detail.js'
import { h } from './elements.js'
import { listPage } from './list.js'

const page = document.querySelector('#page')
const crumbs = document.querySelector('#crumbs')
const connection = document.querySelector('#connection')
const base = new URL(document.baseURI).pathname
let leave = new AbortController()

function show() {
  leave.abort()
  leave = new AbortController()
  const [, namespace = '', name = ''] = location.pathname.slice(base.length).split('/').map(decodeURIComponent)
  const onEnd = (error) => (error.status === 401 ? void askForToken() : showProblem(error))
  const shared = { namespace, signal: leave.signal, onState, onEnd }
  document.title = name === '' ? 'Drydock' : `${name} · Drydock`
  crumbs.replaceChildren(...crumbsOf(namespace, name))
  if (name === '') listPage(page, { ...shared, linkTo })
  else detailPage(page, { ...shared, name, goTo })
}

function crumbsOf(namespace, name) {
  const all = link('workflows/', 'all workflows')
  if (namespace === '') return [all]
  const own = link(`workflows/${encodeURIComponent(namespace)}`, namespace)
  return name === '' ? [all, ' / ', own] : [all, ' / ', own, ' / ', name]
}

const link = (path, text) => h('a', { href: path, 'data-link': true }, text)
const linkTo = (namespace, name) => link(`workflows/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`, name)

function goTo(path) {
  history.pushState(null, '', new URL(path, document.baseURI))
  show()
}

function onState(state) {
  connection.dataset.state = state
  connection.textContent = state === 'live' ? 'live' : 'connection lost, trying again'
}

function showProblem({ message }) {
  page.replaceChildren(h('p', { class: 'notice', role: 'alert' }, message), link('workflows/', 'All workflows'))
}

/** Until the server accepts one. */
function askForToken() {
  connection.textContent = 'not signed in'
  const input = h('input', {
    type: 'password',
    autocomplete: 'current-password',
    'aria-label': 'Token',
    required: true,
  })
  const problem = h('span', { class: 'phase Failed', role: 'alert' })
  const enter = async (event) => {
    event.preventDefault()
    keepToken(input.value.trim())
    try {
      await call('GET', 'info')
      dialog.remove()
      show()
    } catch (error) {
      problem.textContent = error.status === 401 ? 'The server does not accept this token.' : error.message
      input.select()
    }
  }
  const hint = 'It stands in the file that the server was started with (--token-file).'
  const form = h(
    'form',
    { onsubmit: enter },
    h('b', {}, 'This server needs a token'),
    h('span', { class: 'quiet' }, hint),
    input,
    problem,
    h('button', {}, 'Enter'),
  )
  const dialog = h('dialog', { oncancel: (event) => event.preventDefault() }, form)
  document.body.append(dialog)
  dialog.showModal()
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
}

document.addEventListener('click', (event) => {
  const anchor = event.target.closest?.('a[data-link]')
  if (!anchor || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
  event.preventDefault()
  goTo(anchor.getAttribute('href'))
})
document.querySelector('#theme').addEventListener('click', () => {
  const isDark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches
  const theme = isDark ? 'light' : 'dark'
  localStorage.setItem('theme', theme)
  setTheme(theme)
})
window.addEventListener('popstate', show)
setTheme(localStorage.getItem('theme'))
show()
