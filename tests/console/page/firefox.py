# SPDX-License-Identifier: Apache-2.0
"""Firefox without a window, driven by WebDriver BiDi, which it speaks itself.

Not by Marionette, its older protocol: that runs scripts in a sandbox, which sees none of the names
of the page's own scripts, or by eval(), which the page's policy forbids.
"""
import base64
import json
import os
import pathlib
import subprocess
import time

from browser import LIMIT, Browser, Failed
from web_socket import WebSocket

# What it would ask of others by itself, and ask its user; the rest is as it is delivered.
PREFERENCES = {
    'security.default_personal_cert': 'Select Automatically',
    'app.normandy.enabled': False,
    'app.update.disabledForTesting': True,
    'browser.safebrowsing.downloads.enabled': False,
    'browser.safebrowsing.malware.enabled': False,
    'browser.safebrowsing.phishing.enabled': False,
    'browser.shell.checkDefaultBrowser': False,
    'datareporting.policy.dataSubmissionEnabled': False,
    'network.captive-portal-service.enabled': False,
    'network.connectivity-service.enabled': False,
    'services.settings.server': 'data:,',
    'toolkit.telemetry.enabled': False,
}
KEYS = {'Tab': '\ue004', 'Enter': '\ue007', 'Escape': '\ue00c', ' ': ' '}
SHIFT = '\ue008'


def plain(value):
    """What BiDi describes with its types, as Python has it; None for what JSON can't hold."""
    kind, found = value['type'], value.get('value')
    if kind == 'array':
        return [plain(each) for each in found]
    if kind == 'object':
        return {name: plain(each) for name, each in found}
    return found if kind in ('string', 'number', 'boolean') else None


class Firefox(Browser):
    """`home` has a folder `profile`, with databases of certificates and keys, if any."""

    def __init__(self, home, options=(), size=(1280, 900)):
        profile = pathlib.Path(home) / 'profile'
        profile.mkdir(exist_ok=True)
        (profile / 'user.js').write_text(''.join(
            f'user_pref({json.dumps(name)}, {json.dumps(value)});\n'
            for name, value in PREFERENCES.items()))
        said = profile / 'WebDriverBiDiServer.json'  # where it listens
        said.unlink(missing_ok=True)
        self.errors = open(f'{home}/firefox.log', 'ab')
        self.process = subprocess.Popen(
            ['firefox-esr', '--headless', '--no-remote', '--remote-debugging-port', '0',
             '--profile', str(profile), *options], env={**os.environ, 'HOME': home},
            stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)
        self.count = 0
        self.events = []
        self.socket = None
        try:
            self._open(said, size)
        except BaseException:
            self.close()
            raise

    def _open(self, said, size):
        until = time.monotonic() + 2 * LIMIT  # its first start makes a profile
        port = None
        while port is None:
            try:
                port = json.loads(said.read_text())['ws_port']
            except (OSError, ValueError, KeyError):  # not yet, or half of it
                if time.monotonic() > until or self.process.poll() is not None:
                    raise Failed('firefox does not start; see firefox.log') from None
                time.sleep(0.1)
        self.socket = WebSocket(port, '/session', LIMIT)
        self.call('session.new', capabilities={'alwaysMatch': {'acceptInsecureCerts': False}})
        self.call('session.subscribe', events=['log.entryAdded', 'network.beforeRequestSent'])
        # Not the first one: there the field for addresses has the focus.
        self.page = self.call('browsingContext.create', type='tab')['context']
        self.call('browsingContext.setViewport', context=self.page, devicePixelRatio=1.0,
                  viewport={'width': size[0], 'height': size[1]})

    def leave(self):
        if self.socket is None:
            raise Failed('it was never there')
        self.call('browser.close')

    def close(self):
        super().close()
        if self.socket is not None:
            self.socket.close()

    def call(self, method, **params):
        self.count += 1
        until = time.monotonic() + LIMIT
        try:
            self.socket.send(json.dumps({'id': self.count, 'method': method, 'params': params}))
            while True:
                text = self.socket.receive(until)
                if text is None:
                    raise Failed(f'{method}: no answer')
                answer = json.loads(text)
                if answer.get('id') == self.count:
                    break
                self.events.append(answer)
        except OSError as error:
            raise Failed(f'{method}: {error}; see firefox.log') from None
        if answer['type'] == 'error':
            raise Failed(f"{method}: {answer['error']}: {answer['message']}")
        return answer['result']

    def eval(self, expression):
        result = self.call('script.evaluate', target={'context': self.page}, awaitPromise=True,
                           expression=expression)
        if result['type'] == 'exception':
            raise Failed(f"{expression[:200]}: {result['exceptionDetails']['text'][:400]}")
        return plain(result['result'])

    def goto(self, url):
        self.call('browsingContext.navigate', context=self.page, url=url, wait='interactive')

    def _act(self, kind, actions, **more):
        self.call('input.performActions', context=self.page,
                  actions=[{'type': kind, 'id': kind, 'actions': actions, **more}])

    def _strike(self, keys):
        """Down in this order, up in the other."""
        self._act('key', [{'type': 'keyDown', 'value': key} for key in keys] +
                  [{'type': 'keyUp', 'value': key} for key in reversed(keys)])

    def key(self, name, text=''):
        key = KEYS[name.removeprefix('Shift+')]
        self._strike([SHIFT, key] if name.startswith('Shift+') else [key])

    def type(self, text):
        for letter in text:
            self._strike([letter])

    def press(self, x, y):
        self._act('pointer', [{'type': 'pointerMove', 'x': round(x), 'y': round(y)},
                              {'type': 'pointerDown', 'button': 0},
                              {'type': 'pointerUp', 'button': 0}])

    def dark(self, on):
        return not on  # no command of it does that

    def screenshot(self, path):
        data = self.call('browsingContext.captureScreenshot', context=self.page)['data']
        with open(path, 'wb') as file:
            file.write(base64.b64decode(data))

    def asked(self):
        return [event['params']['request']['url'] for event in self.events
                if event.get('method') == 'network.beforeRequestSent']

    def complaints(self):
        return [f"{event['params']['text']} {event['params'].get('stackTrace', '')}"
                for event in self.events if event.get('method') == 'log.entryAdded'
                and event['params']['level'] == 'error']
