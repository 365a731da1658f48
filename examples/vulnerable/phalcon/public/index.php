<?php

use Phalcon\Di\FactoryDefault;
use Phalcon\Mvc\Application;
use Phalcon\Session\Adapter\Stream;
use Phalcon\Session\Manager;

$di = new FactoryDefault();
$di->setShared('session', function () {
    $session = new Manager(['cookie_secure' => true, 'cookie_httponly' => true]); // expect: cookie-secure, cookie-httponly, cookie-samesite, cookie-name, cookie-prefix, strict-mode, gc-timeout, dead-setting, periodic-rotation, concurrent-sessions, session-policy
    $session->setAdapter(new Stream(['savePath' => '/var/lib/vulnerable'])); // expect: storage-handler, encryption-at-rest, ids-at-rest
    $session->start();

    return $session;
});

echo (new Application($di))->handle($_SERVER['REQUEST_URI'])->getContent();
