class Times:
    def __init__(self, factor):
        self.factor = factor

    def predict(self, frame):
        return frame["a"] * self.factor


def _load_pyfunc(path):
    with open(path) as stream:
        return Times(float(stream.read()))
