# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, driven over a pipe (the DevTools protocol; nothing but Python's own)."""
import base64
import json
import os
import select
import subprocess
import time

from browser import LIMIT, Browser, Failed


class Chromium(Browser):
    """One page. `home`: a folder for all that it writes; `options`: more for the command line."""

    def __init__(self, home, options=(), size=(1280, 900)):
        to_read, self.to = os.pipe()
        self.come, from_write = os.pipe()
        command = ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
                   '--disable-background-networking', '--remote-debugging-pipe',
                   f'--user-data-dir={home}/profile', '--window-size=%d,%d' % size, *options]

        def place():  # the browser wants its pipe at 3 and 4
            os.dup2(to_read, 13)
            os.dup2(from_write, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self.errors = open(f'{home}/chromium.log', 'ab')
        self.process = subprocess.Popen(
            command, preexec_fn=place, close_fds=False, env={**os.environ, 'HOME': home},
            stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)
        os.close(to_read)
        os.close(from_write)
        self.rest = b''
        self.count = 0
        self.session = None
        self.events = []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target,
                                 flatten=True)['sessionId']
        for name in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(f'{name}.enable')
        self.call('Emulation.setDeviceMetricsOverride', width=size[0], height=size[1],
                  deviceScaleFactor=1, mobile=False)

    def leave(self):
        self.session = None
        self.call('Browser.close')

    def close(self):
        super().close()
        os.close(self.to)
        os.close(self.come)

    def _message(self, until):
        while b'\0' not in self.rest:
            if not select.select([self.come], [], [], max(0, until - time.monotonic()))[0]:
                return None
            piece = os.read(self.come, 1 << 16)
            if not piece:
                raise Failed('chromium ended; see chromium.log')
            self.rest += piece
        line, self.rest = self.rest.split(b'\0', 1)
        return json.loads(line)

    def call(self, method, **params):
        self.count += 1
        message = {'id': self.count, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        until = time.monotonic() + LIMIT
        while True:
            answer = self._message(until)
            if answer is None:
                raise Failed(f'{method}: no answer')
            if answer.get('id') == self.count:
                if 'error' in answer:
                    raise Failed(f"{method}: {answer['error']['message']}")
                return answer['result']
            self.events.append(answer)

    def eval(self, expression):
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True,
                           awaitPromise=True)
        if 'exceptionDetails' in result:
            raise Failed(f"{expression[:200]}: {str(result['exceptionDetails'])[:400]}")
        return result['result'].get('value')

    def goto(self, url):
        answer = self.call('Page.navigate', url=url)
        if 'errorText' in answer:
            raise Failed(f"{url}: {answer['errorText']}")

    def key(self, name, text=''):
        codes = {'Tab': 9, 'Enter': 13, 'Escape': 27, ' ': 32}
        shift = name.startswith('Shift+')
        name = name.removeprefix('Shift+')
        for kind in ('keyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=name, code=name, text=text,
                      modifiers=8 if shift else 0, windowsVirtualKeyCode=codes[name])

    def type(self, text):
        self.call('Input.insertText', text=text)

    def press(self, x, y):
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def dark(self, on):
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if on else 'light'}])
        return True

    def screenshot(self, path):
        data = self.call('Page.captureScreenshot', format='png')['data']
        with open(path, 'wb') as file:
            file.write(base64.b64decode(data))

    def asked(self):
        return [event['params']['request']['url'] for event in self.events
                if event.get('method') == 'Network.requestWillBeSent']

    def complaints(self):
        """Errors, and violations of the page's policy."""
        found = []
        for event in self.events:
            method, params = event.get('method'), event.get('params', {})
            if method == 'Runtime.exceptionThrown':
                found.append(str(params['exceptionDetails']))
            elif method == 'Log.entryAdded' and params['entry']['level'] == 'error':
                found.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            elif method == 'Runtime.consoleAPICalled' and params['type'] in ('error', 'assert'):
                found.append(str(params['args']))
        return found
