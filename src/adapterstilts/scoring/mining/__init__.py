"""Sentence retrieval: embeddings from a hidden layer, the nearest neighbour of each English sentence, bitext mining.

Of what BUCC needs, validation rows come first, and their embeddings are forgotten before the test rows are embedded.
Its zh-en, 94,637 and 88,860 sentences, takes 6 GB with XLM-R Large in fp32: the backbone 2.2, embeddings of two layers
1.5, a batch's hidden states in all layers with what a layer computes 1.2, Python and its libraries 0.6, rows and what
allocation wastes the rest; mining adds less than a batch does. A million sentences are 4.1 GB a layer, and a layer that
does not fit beside another is embedded alone.
"""

from adapterstilts.scoring.mining.embedding import default_layer, embed
from adapterstilts.scoring.mining.margin import best_threshold, mine
from adapterstilts.scoring.mining.scoring import evaluate, scores_by_layer
from adapterstilts.tasks.types.retrieval import nearest

__all__ = ["best_threshold", "default_layer", "embed", "evaluate", "mine", "nearest", "scores_by_layer"]
