"""The standard messages in Spanish, for `Accept-Language: es`; what a document prints in Spanish never comes here."""

from __future__ import annotations

import re
from typing import Any

from chassis.text import each_text

_SPANISH = {
    "This field is required.": "Este campo es requerido.",
    "This field may not be blank.": "Este campo no puede estar en blanco.",
    "This field may not be null.": "Este campo no puede ser nulo.",
    "This list may not be empty.": "Esta lista no puede estar vacía.",
    "Expected a list of items.": "Se esperaba una lista de elementos.",
    "Invalid data. Expected a dictionary.": "Datos inválidos. Se esperaba un objeto.",
    "A valid integer is required.": "Introduzca un número entero válido.",
    "A valid number is required.": "Se requiere un número válido.",
    "Not a valid string.": "No es una cadena válida.",
    "Must be a valid boolean.": "Introduzca un booleano válido.",
    "Enter a valid uid: no spaces, no control characters, none of / ? # % ; \\.": "Introduzca un uid válido: sin espacios, sin caracteres de control y sin / ? # % ; \\.",
    "Enter a valid email address.": "Introduzca una dirección de correo electrónico válida.",
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]](+HH:MM|-HH:MM|Z).": "Fecha/hora con formato erróneo. Use uno de los siguientes formatos en su lugar: YYYY-MM-DDThh:mm[:ss[.uuuuuu]](+HH:MM|-HH:MM|Z).",
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.": "Introduzca un nombre de usuario válido. Puede contener sólo letras, números y los caracteres @/./+/-/_.",
    "Enter a username with a letter or a number.": "Introduzca un nombre de usuario con una letra o un número.",
    "Enter a username in one script: letters of several can be mistaken for each other.": "Introduzca un nombre de usuario en un solo alfabeto: las letras de varios pueden confundirse.",
    "Enter a username that is not made of letters that look Latin only.": "Introduzca un nombre de usuario que no conste sólo de letras que parecen latinas.",
    "Only your own e-mail can be a username with @.": "Sólo el correo electrónico propio puede ser un nombre de usuario con @.",
    "This field may contain no control characters and no invisible ones.": "Este campo no puede contener caracteres de control ni invisibles.",
    "The current password is not correct.": "La contraseña actual no es correcta.",
    "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.": "Fecha con formato erróneo. Use uno de los siguientes formatos en su lugar: YYYY-MM-DD.",
    "Authentication credentials were not provided.": "Las credenciales de autenticación no se proveyeron.",
    "Given token not valid for any token type": "El token dado no es válido para ningún tipo de token",
    "Token has been revoked. Please login again.": "El token ha sido revocado. Inicie sesión de nuevo.",
    "No active account found with the given credentials": "No se encontró una cuenta activa con las credenciales dadas",
    "You do not have permission to perform this action.": "Usted no tiene permiso para realizar esta acción.",
    "Not found.": "No encontrado.",
    "Must be 1 to 255 printable ASCII characters without a comma.": "Debe tener de 1 a 255 caracteres ASCII imprimibles, sin comas.",
    "This Idempotency-Key was used with a different request body.": "Esta Idempotency-Key se usó con otro contenido.",
    "The same request is still being processed.": "La misma petición todavía se está procesando.",
    "The resource has changed since you read it.": "El recurso cambió desde que usted lo leyó.",
    "Service temporarily unavailable, try again later.": "Servicio temporalmente no disponible, intente más tarde.",
}
_PATTERNS = [
    (
        r"Ensure this field has no more than (\d+) characters\.",
        r"Asegúrese de que este campo no tenga más de \1 caracteres.",
    ),
    (
        r"Ensure this field has at least (\d+) characters\.",
        r"Asegúrese de que este campo tenga al menos \1 caracteres.",
    ),
    (
        r"Ensure this field has no more than (\d+) elements\.",
        r"Asegúrese de que este campo no tenga más de \1 elementos.",
    ),
    (
        r"Invalid data\. Expected a dictionary, but got (\w+)\.",
        r"Datos inválidos. Se esperaba un objeto, pero llegó \1.",
    ),
    (r"The same as data\[(\d+)\]\.", r"Repite data[\1]."),
    (r"Ensure this value is greater than or equal to (.+)\.", r"Asegúrese de que este valor es mayor o igual a \1."),
    (r"Ensure this value is less than or equal to (.+)\.", r"Asegúrese de que este valor es menor o igual a \1."),
    (
        r"Ensure that there are no more than (\d+) digits in total\.",
        r"Asegúrese de que no haya más de \1 dígitos en total.",
    ),
    (r"Ensure that there are no more than (\d+) decimal places\.", r"Asegúrese de que no haya más de \1 decimales."),
    (r'"(.*)" is not a valid choice\.', r'"\1" no es una elección válida.'),
    (r'Invalid pk "(.*)" - object does not exist\.', r'Clave primaria "\1" inválida - objeto no existe.'),
    (r'Method "(\w+)" not allowed\.', r'Método "\1" no permitido.'),
    (r"JSON parse error - (.*)", r"Error de análisis JSON - \1"),
]
_COMPILED = [(re.compile(pattern, re.DOTALL), spanish) for pattern, spanish in _PATTERNS]


def to_spanish(value: Any) -> Any:
    """`value` with every standard message in it, however deep, in Spanish; all else as it is."""
    return each_text(value, _spanish)


def _spanish(text: str) -> str:
    if text in _SPANISH:
        return _SPANISH[text]
    for pattern, spanish in _COMPILED:
        if match := pattern.fullmatch(text):
            return match.expand(spanish)
    return text
