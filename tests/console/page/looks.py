# SPDX-License-Identifier: Apache-2.0
"""What the tests of the page look at, and how they wait for it."""
import json
import time

from browser import LIMIT, Failed


def expect(what, found, wanted=True):
    if found != wanted:
        raise Failed(f'{what}: {found!r} is not {wanted!r}')


def row(name, rest=''):
    return f'tr[data-domain="{name}"] {rest}'.strip()


def api(browser, path):
    return browser.eval(f"fetch({path!r}).then((answer) => answer.json())")


def domain(browser, name):
    return api(browser, f'/v1/domains/{name}')


def texts(browser, selector):
    return browser.eval(f'[...document.querySelectorAll({json.dumps(selector)})]'
                        '.map((node) => node.textContent)')


def pick(browser, *rights):
    """The first domain with all these rights."""
    for each in api(browser, '/v1/domains')['domains']:
        if set(rights) <= set(each['may']):
            return each['name']
    raise Failed(f'no domain has {rights} here')


def pick_running(browser, *rights):
    """It, started if it has stopped or is about to, and shown as running."""
    name = pick(browser, *rights)
    until = time.monotonic() + LIMIT
    steady = 0
    while steady < 3:
        state = domain(browser, name)['state']
        steady = steady + 1 if state == 'running' else 0
        if state == 'stopped':
            browser.eval(f"post('/v1/domains/{name}/start').catch(() => 0)")
        if time.monotonic() > until:
            raise Failed(f'{name} does not run: {state}')
        time.sleep(0.1 if steady else 0.3)
    browser.wait(f"document.querySelector('{row(name)}').dataset.state === 'running'")
    return name


def wait_told(browser, name, word):
    """Until the row of a domain says what became of an act."""
    told = f"document.querySelector('{row(name, '.told')}').textContent"
    try:
        browser.wait(f'{told}.includes({word!r})')
    except Failed:
        raise Failed(f'{name} says {browser.eval(told)!r}, not {word!r}') from None


def load(browser, url, fragment=''):
    browser.goto('about:blank')
    browser.goto(url + '/' + fragment)
    browser.wait("page.live && document.querySelector('#domains tbody tr')"
                 " && document.querySelector('#log tbody tr')")
