# SPDX-License-Identifier: Apache-2.0
"""Drives the console's page in a browser and holds what it shows against what the API says.

usage: drive.py chromium|firefox FOLDER PID OPERATOR AUDITOR STRANGER
Each of the last three is "URL HOME OPTION...": where that key's page is, a home with its
certificate, and what the browser's command line needs besides (% for a space). STRANGER has no
certificate, or is "": there is none. PID is the console's process, which is stopped for a while to
see a lost connection, or "-": it is not here. Pictures go to FOLDER. Prints "N passed, N failed".
"""
import base64
import json
import os
import pathlib
import signal
import sys
import time
import traceback

from browser import LIMIT, Failed
from chromium import Chromium
from firefox import Firefox
from foreign import foreign_page_can_do_nothing
from looks import api, domain, expect, load, pick, pick_running, row, texts, wait_told

ACTS = ['start', 'stop', 'restart', 'power-button', 'check']
HOSTILE = (
    b'\x1b[2J\x1b[H\x1b[31mred\x1b[0m \x1b]0;title\x07\r\n'
    b'100 %\roverwritten\x08\x08\x08 \x00 \x7f\r\n'
    + 'turned \u202eabc\u202c \u2066x\u2069 e\u0301\u0302 \u3164 \u05d0\u05d1\r\n'.encode()
    + b'\xff\xfe\xc0\xaf \xed\xa0\x80\r\n<img src=x onerror="window.hit=1"><script>hit=1</script>\r\n'
    b'Console: 5 bytes lost: printed faster than read\r\n' + b'W' * 4096 + b'\r\nPassword: ')
# What may never be in a guest's cell but as a mark.
UNSAFE = r'/[\p{C}\p{M}\p{Zl}\p{Zp}\u3164\u2800]/u'

which, folder, pid, operator, auditor, stranger = sys.argv[1:]
BROWSERS = {'chromium': Chromium, 'firefox': Firefox}
passed = failed = 0
# At the limit of `run` too the browser is ended: Firefox would stay.
signal.signal(signal.SIGTERM, lambda *_: sys.exit('FAIL page: it took too long'))


def test(function, browser):
    global passed, failed
    try:
        function(browser)
        passed += 1
    except Exception as error:  # whatever went wrong, the other tests run
        failed += 1
        print(f'FAIL {function.__name__}: {error}')
        if not isinstance(error, Failed):
            print('    ' + traceback.format_exc().replace('\n', '\n    '))
        try:
            browser.screenshot(f'{folder}/FAIL-{function.__name__}.png')
            # The next one finds the page as it wants it.
            browser.eval("document.querySelectorAll('dialog').forEach((each) => each.close('no'))")
        except Failed:
            pass  # there is no page


def shows_machine(browser):
    machine = api(browser, '/v1/machine')
    expect('banners', texts(browser, '[data-banner]'), [machine['classification']] * 2)
    for edge in ('top', 'bottom'):
        expect(f'banner at the {edge}', browser.eval(
            "[...document.querySelectorAll('[data-banner]')].some((node) =>"
            f" node.getBoundingClientRect().{edge} === ({edge!r} === 'top' ? 0 : innerHeight))"))
    level = next(each for each in machine['levels']
                 if machine['classification'].lower().startswith(each['name']))
    red, green, blue = (int(level['colour'][at:at + 2], 16) for at in (1, 3, 5))
    expect('its colour', browser.eval(
        "getComputedStyle(document.querySelector('.banner')).backgroundColor"),
        f'rgb({red}, {green}, {blue})')
    expect('host', texts(browser, '#host'), [machine['host']])
    expect('no sideways scrolling', browser.eval(
        'document.documentElement.scrollWidth <= document.documentElement.clientWidth'))
    expect('LAB mark', browser.eval("!byId('lab').hidden"), machine['lab'])
    expect('digest', browser.eval("byId('digest').textContent.replaceAll(' ', '')"),
           machine['manifest'])
    expect('key', browser.eval("byId('key').textContent.replaceAll(' ', '')"),
           machine['server_key'])
    facts = browser.eval("byId('machine').textContent")
    for fact in (f"{machine['you']['name']}, {machine['you']['role']}",
                 machine['you']['expires'], machine['version']):
        expect(f'{fact} is shown', fact in facts)


def shows_domains(browser):
    listed = api(browser, '/v1/domains')['domains']
    expect('names', texts(browser, '#domains tbody .name'), [each['name'] for each in listed])
    for each in listed:
        name = each['name']
        expect(f'label of {name}', texts(browser, row(name, 'th .label')),
               [each['label'] or 'no label'])
        text = browser.eval(f"document.querySelector('{row(name)}').textContent")
        wanted = [device['pci'] for device in each['devices']]
        wanted += [f"network {device['network']}" for device in each['devices']
                   if device['network']]
        wanted += ['status may not be read' if each['state'] is None else each['state']]
        for word in wanted:
            expect(f'{word} of {name} is shown', word in text)


def has_just_the_buttons(browser):
    for each in api(browser, '/v1/domains')['domains']:
        wanted = [act for act in ACTS if act in each['may']]
        wanted += ['serial'] if 'serial-read' in each['may'] else []
        expect(f"buttons of {each['name']}", browser.eval(
            f"[...document.querySelectorAll('{row(each['name'], '[data-act]')}')]"
            '.map((node) => node.dataset.act)'), wanted)
        expect('all are buttons', browser.eval(
            "[...document.querySelectorAll('[data-act]')]"
            ".every((node) => node instanceof HTMLButtonElement)"))


def keys_reach_everything(browser):
    browser.eval('document.activeElement.blur(); window.scrollTo(0, 0)')
    wanted = browser.eval("document.querySelectorAll('#domains button:not([hidden])').length")
    seen = []
    for _ in range(wanted):
        browser.key('Tab')
        seen.append(browser.eval(
            "(() => { const node = document.activeElement; return [node.dataset.act ||"
            " node.id, getComputedStyle(node).outlineStyle, node.getBoundingClientRect().top >= 28"
            " && node.getBoundingClientRect().bottom <= innerHeight - 28]; })()"))
    order = browser.eval("[...document.querySelectorAll('#domains button:not([hidden])')]"
                         '.map((node) => node.dataset.act)')
    expect('order of the focus', [name for name, _, _ in seen], order)
    expect('focus is seen', {outline for _, outline, _ in seen}, {'solid'})
    expect('focus is not below a banner', all(inside for _, _, inside in seen))


def asks_and_takes_no(browser):
    name = pick_running(browser, 'stop')
    before = domain(browser, name)['ticket']
    for way in ('Escape', 'Enter', 'mouse'):
        browser.click(row(name, '[data-act=stop]'))
        browser.wait("byId('ask').open")
        expect('focus', browser.eval('document.activeElement.id'), 'ask-no')
        expect('it names the domain', name in browser.eval("byId('ask').textContent"))
        if way == 'mouse':
            browser.click('#ask-no')
        else:
            browser.key(way, '\r' if way == 'Enter' else '')
        browser.wait("!byId('ask').open")
        expect('focus goes back', browser.eval('document.activeElement.dataset.act'), 'stop')
    expect('nothing was asked', domain(browser, name)['ticket'], before)


def stops_and_starts(browser):
    name = pick_running(browser, 'stop', 'start')
    browser.click(row(name, '[data-act=stop]'))
    browser.wait("byId('ask').open")
    browser.screenshot(f'{folder}/ask.png')
    browser.key('Tab')
    browser.key('Enter', '\r')
    wait_told(browser, name, 'Stop: ticket ')
    wait_told(browser, name, 'answered')
    browser.wait(f"document.querySelector('{row(name)}').dataset.state === 'stopped'")
    browser.wait(f"document.querySelector('{row(name, '[data-act=start]')}')"
                 ".getAttribute('aria-disabled') === 'false'")
    browser.click(row(name, '[data-act=start]'))
    browser.wait(f"document.querySelector('{row(name)}').dataset.state === 'running'")


def power_button_ends_in_an_offer(browser):
    name = pick_running(browser, 'power-button', 'stop', 'start')
    browser.click(row(name, '[data-act=power-button]'))
    browser.wait("byId('ask').open")
    browser.click('#ask-yes')
    wait_told(browser, name, 'Power button')
    browser.wait(f"domains.rows.get({name!r}).asked.ticket !== null")
    # A made-up guest may shut down at once; one that does not is made up here, between two events.
    hidden, told = browser.eval(
        f"(() => {{ const row = domains.rows.get({name!r}); const {{domain}} = row;"
        " row.domain = {...domain, state: 'running'};"
        ' row.power = {lives: domain.lives, at: performance.now() - 61000};'
        ' domains.tick(); const found = [row.offer.hidden, row.told.textContent];'
        ' row.power = null; row.domain = domain; domains.tick(); return found; })()')
    expect('offer', hidden, False)
    expect(f'{told} says why', 'Still running 61 s' in told)
    browser.wait(f"domains.rows.get({name!r}).asked.answered !== null")
    try:
        browser.wait(f"document.querySelector('{row(name)}').dataset.state !== 'running'", 5)
    except Failed:
        pass  # a guest that knows no power button


def power_button_stops_later(browser):
    """The console is told when to stop it, and shows that to everybody."""
    name = pick_running(browser, 'power-button', 'stop', 'start')
    browser.click(row(name, '[data-act=power-button]'))
    browser.wait("byId('ask').open")
    expect('the choice is there', browser.eval("byId('ask-also-line').hidden"), False)
    expect('and not taken', browser.eval("byId('ask-also').checked"), False)
    browser.click('#ask-also')
    browser.screenshot(f'{folder}/ask-also.png')
    browser.click('#ask-yes')
    browser.wait(f"domains.rows.get({name!r}).asked.ticket !== null")
    left = domain(browser, name)['stop_in']
    expect(f'{left} s are left', left is None or 0 < left <= 60)
    told = browser.eval(
        f"(() => {{ const row = domains.rows.get({name!r}); const {{domain}} = row;"
        " row.domain = {...domain, stop_in: 42}; domains.tick();"
        ' const found = row.told.textContent; row.domain = domain; domains.tick();'
        ' return found; })()')
    expect(f'{told} says when', 'the console stops it in 4' in told)
    # The last press counts: this one takes the stop back, where the domain still runs.
    browser.eval(f"post('/v1/domains/{name}/power-button').catch(() => 0)")
    try:
        browser.wait(f"document.querySelector('{row(name)}').dataset.state !== 'running'", 5)
    except Failed:
        pass  # a guest that knows no power button


def checks(browser):
    name = pick_running(browser, 'check')
    before = domain(browser, name)['checks']
    browser.click(row(name, '[data-act=check]'))
    wait_told(browser, name, 'Check: ticket ')
    wait_told(browser, name, 'answered')
    browser.wait(f"domains.rows.get({name!r}).domain.checks === {before + 1}")


def refusal_is_told(browser):
    """A foreign page, or a script, asks for what the key may not do: the words are the console's."""
    name = next(each['name'] for each in api(browser, '/v1/domains')['domains']
                if 'restart' not in each['may'])
    words = browser.eval(f"post('/v1/domains/{name}/restart').then(() => 'done',"
                         ' (error) => error.message)')
    expect(f'{words} names the right', 'restart' in words)


def guest_rows(browser):
    """Faults of all serial rows, of how they look and what they hold."""
    return browser.eval('''(() => {
        const faults = new Set();
        for (const [name, view] of page.serials) {
            const label = domains.rows.get(name).domain.label || 'no label';
            for (const row of view.rows.children) {
                const [from, guest, to] = row.children;
                if (row.className === 'note') {
                    continue;
                }
                if (row.childElementCount !== 3 || from.textContent !== name ||
                    to.textContent.replace('\\u21b5 ', '') !== label) {
                    faults.add('name and label');
                }
                if (guest.querySelector(':not(.mark)') || row.querySelector('[style*=url]')) {
                    faults.add('elements');
                }
                const plain = [...guest.childNodes].filter((node) => node.nodeType === 3);
                if (plain.some((node) => UNSAFE.test(node.data))) {
                    faults.add('unsafe text');
                }
            }
            for (const row of [...view.rows.children].slice(-50)) {
                const box = row.getBoundingClientRect();
                const cells = [...row.children].map((node) => node.getBoundingClientRect());
                if (cells.length === 3 && (cells[0].right > cells[1].left + 1 ||
                    cells[1].right > cells[2].left + 1 || cells[1].bottom > box.bottom + 1 ||
                    cells[0].width < 20 || cells[2].width < 20)) {
                    faults.add('places');
                }
            }
        }
        return [...faults];
    })()'''.replace('UNSAFE', UNSAFE))


def serial_is_framed(browser):
    for name in [each['name'] for each in api(browser, '/v1/domains')['domains']
                 if 'serial-read' in each['may']]:
        browser.click(row(name, '[data-act=serial]'))
        browser.wait(f'page.serials.has({name!r}) && page.live')
    name = pick(browser, 'serial-read')
    browser.wait('[...page.serials.values()].some((view) => view.rows.childElementCount > 3)')
    # Bytes of our own that the console did not send, as if they came next.
    data = base64.b64encode(HOSTILE).decode()
    browser.eval(f"(() => {{ const view = page.serials.get({name!r}); view.take({{from: view.next"
                 f" || 0, lost: 0, base64: {data!r}}}); view.show(); }})()")
    expect('faults', guest_rows(browser), [])
    expect('letters stand as they came', browser.eval('''(() => {
        const nodes = [...document.querySelectorAll('.guest')].flatMap((each) => [...each.childNodes]);
        const node = nodes.find((each) => each.nodeType === 3 && each.data.includes('\\u05d0'));
        const [first, second] = ['\\u05d0', '\\u05d1'].map((letter) => {
            const range = new Range();
            range.setStart(node, node.data.indexOf(letter));
            range.setEnd(node, node.data.indexOf(letter) + 1);
            return range.getBoundingClientRect().left;
        });
        return first < second;
    })()'''))
    expect('nothing ran', browser.eval('typeof hit'), 'undefined')
    expect('title', 'title' in browser.eval('document.title'), False)
    browser.eval(f"page.serials.get({name!r}).node.scrollIntoView()")
    browser.eval(f"page.serials.get({name!r}).rows.scrollTop -= 34 * 17 + 250")
    browser.screenshot(f"{folder}/serial-{browser.eval('page.machine.you.role')}.png")


def serial_is_bounded(browser):
    name = browser.eval('[...page.serials.keys()][0]')
    data = base64.b64encode(b'line\r\n' * 5000).decode()
    browser.eval(f"(() => {{ const view = page.serials.get({name!r}); view.take({{from: view.next"
                 f", lost: 0, base64: {data!r}}}); view.take({{from: view.next + 7, lost: 7,"
                 f" base64: 'eA=='}}); view.take({{from: view.next - 1, lost: 0, base64: 'eA=='}});"
                 ' view.show(); })()')
    expect('rows', browser.eval(f"page.serials.get({name!r}).rows.childElementCount"), 1000)
    expect('what was lost', browser.eval(
        f"[...page.serials.get({name!r}).rows.querySelectorAll('.note')].pop().textContent"),
        'Console: 7 bytes lost: printed faster than read')
    expect('the last row comes once', browser.eval(
        f"page.serials.get({name!r}).openRow.querySelector('.guest').textContent"), 'x')


def types(browser):
    name = pick_running(browser, 'serial-read', 'serial-write')
    load(browser, url_of(operator), f'#serial={name}')
    browser.click(f'#type-{name}')
    browser.type('echo ok-7')
    browser.key('Enter', '\r')
    browser.wait(f"page.serials.get({name!r}).rows.textContent.includes('echo ok-7')")
    browser.wait(f"byId('type-{name}').value === ''")


def view_survives_reload(browser):
    name = pick(browser, 'serial-read')
    load(browser, url_of(operator), f'#serial={name}&log={name}')
    expect('serial', browser.eval('[...page.serials.keys()]'), [name])
    expect('choice', browser.eval("byId('log-domain').value"), name)
    browser.click(row(name, '[data-act=serial]'))
    browser.wait("location.hash === '#log=" + name + "'")


def log_is_whole_and_live(browser):
    load(browser, url_of(operator))
    first = browser.eval("fetch('/v1/audit?from=0').then((answer) => answer.text())")
    records = [json.loads(line) for line in first.splitlines()]
    records = [record for record in records if 'number' in record]
    expect('all are here', browser.eval('log.records.length') >= len(records))
    expect('newest first', browser.eval(
        "(() => { const all = [...document.querySelectorAll('#log .number')].map((node) =>"
        ' Number(node.textContent)); return all.every((each, at) => at === 0 ||'
        ' each < all[at - 1]); })()'))
    name = pick(browser, 'check')
    browser.eval(f"byId('log-domain').value = {name!r};"
                 "byId('log-domain').dispatchEvent(new Event('change'))")
    expect('only this domain\'s', browser.eval(
        "[...document.querySelectorAll('#log tbody tr')].every((row) =>"
        f' row.children[3].firstElementChild.textContent === {name!r})'))
    before = browser.eval('log.records[log.records.length - 1].number')
    # What the stream did not bring is fetched.
    browser.eval('log.records.splice(-2, 2)')
    other = pick(browser, 'start', 'stop')
    browser.eval(f"post('/v1/domains/{other}/stop')")
    browser.wait(f'log.records[log.records.length - 1].number > {before}')
    browser.wait('log.records.every((each, at) => at === 0 ||'
                 ' each.number === log.records[at - 1].number + 1)')
    browser.eval('log.records.splice(-2, 2); log.add({lost: 2})')
    browser.wait(f'log.records[log.records.length - 1].number > {before}')
    expect('all is told', browser.eval("byId('log-count').textContent.includes('MISSING')"), False)
    browser.eval('log.records.splice(-2, 1); log.show()')
    expect('a gap is told', browser.eval(
        "byId('log-count').textContent.endsWith('; 1 BETWEEN ARE MISSING')"))
    browser.eval('log.records = []; log.read(0)')
    browser.wait('log.records.length > 0')
    browser.eval(f"post('/v1/domains/{other}/start').catch(() => 0)")


def log_shows_older(browser):
    browser.eval("byId('log-domain').value = ''; for (let i = 0; i < 250; i++) { const last ="
                 ' log.records[log.records.length - 1]; log.add({...last,'
                 ' number: last.number + 1}); }')
    expect('rows', browser.eval("document.querySelectorAll('#log tbody tr').length") <= 100)
    browser.click('#log-more')
    expect('more', browser.eval("document.querySelectorAll('#log tbody tr').length"), 200)


def lost_connection_is_seen(browser):
    if pid == '-':
        return
    os.kill(int(pid), signal.SIGSTOP)
    try:
        browser.wait("!page.live && !byId('lost').hidden", LIMIT + 10)
        expect('buttons', browser.eval(
            "[...document.querySelectorAll('#domains [data-act]:not([data-act=serial])')]"
            ".every((node) => node.getAttribute('aria-disabled') === 'true')"))
        expect('words', browser.eval("byId('lost-text').textContent").startswith('Not live since'))
        browser.screenshot(f'{folder}/lost.png')
    finally:
        os.kill(int(pid), signal.SIGCONT)
    browser.wait("page.live && byId('lost').hidden", LIMIT + 15)


def asks_nobody_else(browser):
    origin = url_of(operator)
    for url in browser.asked():
        expect(f'{url} is of the console', url.startswith((origin + '/', 'about:', 'data:')))


def foreign_page(browser):
    foreign_page_can_do_nothing(browser, url_of(operator))


def browser_does_not_complain(browser):
    """Whatever was not meant to fail: refusals, the lost connection and a browser's own wishes were."""
    meant = ('/favicon.ico', 'status of 403', 'status of 409', 'status of 429', 'status of 503', 'net::ERR_')
    expect('complaints', [text for text in browser.complaints()
                          if not any(word in text for word in meant)], [])


def policy_holds(browser):
    browser.eval("(() => { try { const script = document.createElement('script');"
                 " script.textContent = 'window.ran = 1'; document.body.append(script); }"
                 " catch { } try { document.body.insertAdjacentHTML('beforeend',"
                 " '<img src=x onerror=\"window.ran = 1\">'); } catch { } })()")
    time.sleep(0.3)
    expect('ran', browser.eval('typeof ran'), 'undefined')


def auditor_only_looks(browser):
    expect('role', browser.eval('page.machine.you.role'), 'auditor')
    expect('buttons', set(browser.eval("[...document.querySelectorAll('[data-act]')]"
                                       '.map((node) => node.dataset.act)')) <= {'serial'})
    expect('inputs', browser.eval("document.querySelectorAll('form input:not(#ask-also)').length"), 0)
    for each in api(browser, '/v1/domains')['domains']:
        expect('rights', set(each['may']) & {*ACTS, 'serial-write'}, set())
    name = api(browser, '/v1/domains')['domains'][0]['name']
    expect('a POST by hand', browser.eval(
        f"fetch('/v1/domains/{name}/stop', {{method: 'POST', headers: {{'Bulkhead-Request': '1'}}}})"
        '.then((answer) => answer.status)'), 403)


def unit(browser):
    here = pathlib.Path(__file__).resolve().parent
    browser.goto(f'file://{here}/unit.html')
    browser.wait('results.passed > 0')
    expect('unit tests', browser.eval('results.failed'), [])


def stranger_sees_nothing(browser):
    try:
        browser.goto(url_of(stranger))
    except Failed as error:
        expect(f'{error} comes from a console that is trusted',
               [word for word in ('REFUSED', 'PKIX', 'CERT_') if word in str(error)], [])
    else:
        raise Failed('a page came without a certificate')


def url_of(key):
    return key.split(' ')[0]


def pictures(browser, name):
    for dark in (False, True):
        if browser.dark(dark):
            browser.screenshot(f"{folder}/{name}-{'dark' if dark else 'light'}.png")
    browser.dark(False)


def with_page(key, tests, picture):
    url, home, *options = (word.replace('%', ' ') for word in key.split(' '))
    browser = BROWSERS[which](home, options)
    try:
        if key == stranger:
            test(stranger_sees_nothing, browser)
            return
        if picture == 'operator':
            test(unit, browser)
            browser.events.clear()
        load(browser, url)
        pictures(browser, picture)
        for each in tests:
            test(each, browser)
    finally:
        browser.close()


for key, tests, picture in (
        (operator, (shows_machine, shows_domains, has_just_the_buttons, keys_reach_everything,
                    asks_and_takes_no, stops_and_starts, power_button_ends_in_an_offer,
                    power_button_stops_later, checks, refusal_is_told, serial_is_framed, serial_is_bounded, types,
                    view_survives_reload, log_is_whole_and_live, log_shows_older,
                    lost_connection_is_seen, asks_nobody_else, browser_does_not_complain,
                    policy_holds, foreign_page), 'operator'),
        (auditor, (shows_machine, shows_domains, has_just_the_buttons, keys_reach_everything,
                   auditor_only_looks, serial_is_framed), 'auditor'),
        (stranger, (), 'stranger')):
    try:
        if key:
            with_page(key, tests, picture)
    except Failed as error:
        failed += 1
        print(f'FAIL {picture}: {error}')
print(f'{passed} passed, {failed} failed')
sys.exit(failed > 0)
