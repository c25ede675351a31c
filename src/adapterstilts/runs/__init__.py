"""What a run is, what it is called, what it found. No torch.

`run` is the value, from which the rest follows: `identity` (which facts decide), `words` (names and labels), `command`
(the line that asks for it, and back), `asked` (from words to a run), `related` (its controls and references), `recipe`
and `settings` (how it is trained), `results` (what it found, and the folder that keeps one for each).
"""
