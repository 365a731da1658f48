<?php

use Phalcon\Mvc\Controller;

class SignInController extends Controller
{
    public function signInAction() // expect: csrf
    {
        $user = Users::findFirstByEmail($this->request->getPost('email'));
        if ($user && $this->security->checkHash($this->request->getPost('password'), $user->password)) {
            $this->session->set('auth', ['id' => $user->id]); // expect: regenerate-login, login-throttling, audit-logging
            $this->cookies->set('remember', $user->id, time() + 31536000); // expect: remember-me, remember-me-cookie
        }

        return $this->response->redirect('');
    }

    public function signOutAction() // expect: logout-method
    {
        $this->session->remove('auth'); // expect: logout-destroy, client-cleanup

        return $this->response->redirect('');
    }
}
