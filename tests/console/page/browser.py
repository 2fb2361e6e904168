# SPDX-License-Identifier: Apache-2.0
"""What the tests of the page want of a browser, whichever it is."""
import json
import subprocess
import time

LIMIT = 20  # seconds that anything may take


class Failed(Exception):
    pass


class Browser:
    """One page. Each browser has besides, in its own file:

    eval(expression): the value of an expression of the page's script
    goto(url); key(name, text); type(text); press(x, y), with the mouse; screenshot(path)
    dark(on): as for a user who wants dark pages; False if it can't
    asked(): addresses that were asked for; complaints(): what it said against the page
    leave(): tells it to end; process, errors: it, and the file that has what it prints
    """

    def wait(self, expression, seconds=LIMIT):
        """Until the expression is true; a page that is not there yet may not know its names."""
        until = time.monotonic() + seconds
        tried = f'(() => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }})()'
        while not self.eval(tried):
            if time.monotonic() > until:
                raise Failed(f'never true within {seconds} s: {expression}')
            time.sleep(0.05)

    def click(self, selector):
        """A click with the mouse in the middle of the element."""
        box = self.eval(f'(() => {{ const node = document.querySelector({json.dumps(selector)});'
                        ' if (!node) return null; node.scrollIntoView({block: "center"});'
                        ' const box = node.getBoundingClientRect();'
                        ' return [box.x + box.width / 2, box.y + box.height / 2]; })()')
        if box is None:
            raise Failed(f'there is no {selector}')
        self.press(*box)

    def close(self):
        try:
            self.leave()
            self.process.wait(LIMIT)
        except (Failed, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.errors.close()
