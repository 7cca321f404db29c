"""Checks of the parts that must agree with the engine: python -m unittest."""

from __future__ import annotations

import unittest

import numpy as np

import text
from corpora import marked
from labels import LABELS, begin, spans
from pieces import SPECIAL, Vocabulary
from score import Score, one_type_per_name
from windows import best


class Cuts(unittest.TestCase):
    """The cases of token.rs and sentence.rs."""

    def test_tokens(self) -> None:
        def words(sample: str) -> list[str]:
            return [token.text for row in text.tokens(sample) for token in row]

        self.assertEqual(
            words('South Korea’s Moon Jae-in said: "No."'),
            ["South", "Korea", "’s", "Moon", "Jae-in", "said", ":", '"', "No", ".", '"'],
        )
        self.assertEqual(
            words("The U.S. and AT&T paid 1,234.5 for N'Djamena."),
            ["The", "U.S.", "and", "AT&T", "paid", "1,234.5", "for", "N'Djamena", "."],
        )
        self.assertEqual(words("3-Paolo Rossi"), ["3", "-", "Paolo", "Rossi"])
        self.assertEqual(words("/AGENCY/. É"), ["/", "AGENCY", "/", ".", "É"])
        self.assertEqual(words(""), [])

    def test_sentences(self) -> None:
        def parts(sample: str) -> list[str]:
            return [sample[start:end] for start, end in text.sentences(sample)]

        self.assertEqual(
            parts("On Jan. 12 St. Kitts had 3.5 cases. Dr. Lee left."),
            ["On Jan. 12 St. Kitts had 3.5 cases.", "Dr. Lee left."],
        )
        self.assertEqual(parts("The U.S. had 5. No. 10 denied it."), ["The U.S. had 5.", "No. 10 denied it."])
        self.assertEqual(parts('"It is bad." He left.\n\nNext one'), ['"It is bad."', "He left.", "Next one"])
        self.assertEqual(parts("- Oman: 4\n- Iran: 5"), ["- Oman: 4", "- Iran: 5"])
        self.assertEqual(parts("one line\nwraps here. End"), ["one line\nwraps here.", "End"])


class Labelling(unittest.TestCase):
    def test_marks(self) -> None:
        sentence = marked(r"The [U.N.|organisation] paid [5 euros|money 5 EUR] \[sic\]")
        self.assertEqual(sentence.text, "The U.N. paid 5 euros [sic]")
        self.assertEqual(sentence.marks, [(4, 8, ("organisation",))])

    def test_best_labels_form_names(self) -> None:
        scores = np.zeros((2, len(LABELS)))
        scores[0, begin("person") + 1] = 5.0  # I-person cannot begin a sentence.
        scores[1, begin("person") + 1] = 5.0
        self.assertEqual(best(scores), [begin("person"), begin("person") + 1])

    def test_score_and_document_rule(self) -> None:
        person, place = begin("person"), begin("place")
        score = Score()
        score.add([1 << person, 1 << (person + 1), 1], [person, person + 1, place])
        self.assertEqual((score.right["person"], score.found["place"], score.true["person"]), (1, 1, 1))
        unsure = np.zeros((1, len(LABELS)))
        sure = unsure.copy()
        sure[0, person] = 9.0
        rows = one_type_per_name([(["Lee"], unsure, [place]), (["Lee"], sure, [person]), (["Lee"], unsure, [place])])
        self.assertEqual([spans(row)[0][2] for row in rows], ["person"] * 3)

    def test_pieces(self) -> None:
        vocabulary = Vocabulary([*SPECIAL, "jae", "-", "in", "##s"])
        self.assertEqual(vocabulary.of("Jae-in"), [4, 5, 6])
        self.assertEqual(vocabulary.of("JAES"), [4, 7])
        self.assertEqual(vocabulary.of("Ω"), [1])


if __name__ == "__main__":
    unittest.main()
