"""What does an indicator's expression give? Operands are grids; everything else is ordinary arithmetic."""

import ast
import re
from collections.abc import Callable

import numpy as np

from layidu.sandbox.analytics_build import Numbers
from layidu.sandbox.analytics_grid import Grid
from layidu.sandbox.metadata import Item

OPERAND = re.compile(
    r"#\{(?P<element>\w{11})(?:\.(?P<option>\w{11}|\*))?(?:\.[\w*]+)?\}|R\{(?P<set>\w{11})\.(?P<metric>\w+)\}|\[days\]"
)
OPERATIONS: dict[type[ast.operator], Callable[[Numbers, Numbers], Numbers]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
}


def evaluate(item: Item, factor: float, grid: Grid) -> Numbers:
    """An indicator on the whole grid; NaN where its parts are missing or it would divide by zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        numerator = _expression(item["numerator"], grid)
        denominator = _expression(item["denominator"], grid)
        result = numerator / np.where(denominator == 0, np.nan, denominator) * factor
    if item.get("annualized"):
        result = result * np.array([[365 / period.days] for period in grid.periods])
    return np.asarray(result)


def _expression(text: str, grid: Grid) -> Numbers:
    operands: list[Numbers] = []
    counted: list[Numbers] = []

    def take(match: re.Match[str]) -> str:
        value = _operand(match, grid)
        if match.group() != "[days]":
            counted.append(value)
        operands.append(np.nan_to_num(value))
        return f"operand_{len(operands) - 1}"

    tree = ast.parse(OPERAND.sub(take, text), mode="eval")
    result = np.asarray(_evaluate(tree.body, operands)) + grid.blank()
    if counted:
        # A part that is missing counts as nothing, unless all are missing.
        result = np.where(np.all([np.isnan(value) for value in counted], axis=0), np.nan, result)
    return result


def _operand(match: re.Match[str], grid: Grid) -> Numbers:
    if match["set"]:
        return grid.metric(match["set"], match["metric"])
    if match["element"]:
        return grid.element(match["element"], None if match["option"] in {None, "*"} else match["option"])
    days: Numbers = np.array([[float(period.days)] for period in grid.periods])
    return np.asarray(grid.blank() + days)


def _evaluate(node: ast.expr, operands: list[Numbers]) -> Numbers:
    if isinstance(node, ast.BinOp):
        operation = OPERATIONS[type(node.op)]
        return np.asarray(operation(_evaluate(node.left, operands), _evaluate(node.right, operands)))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return np.asarray(np.negative(_evaluate(node.operand, operands)))
    if isinstance(node, ast.Name):
        return operands[int(node.id.partition("_")[2])]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return np.asarray(float(node.value))
    raise ValueError(ast.dump(node))
